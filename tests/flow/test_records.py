"""Records of calibrate and quantize are read again only if their fields fit together."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.built import NETWORK, Built

from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.calibrate import read_calibration
from fpga_ee.flow.quantize import read_quantization
from fpga_ee.flow.subject import Subject


@pytest.fixture
def folder(built: Built, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built.folder, tmp_path / "copy"))


def edit(path: Path, change: Callable[[Any], object]) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


CALIBRATION: dict[str, tuple[Callable[[Any], object], str]] = {
    "no source": (lambda record: record.pop("source"), "source is missing"),
    "an unknown entry": (lambda record: record.update(colour="red"), "colour is unknown"),
    "no such criterion": (lambda record: record.update(criterion="luck"), "criterion must be"),
    "a threshold of 1.5": (lambda record: record.update(thresholds=[1.5]), "not between 0 and 1"),
    "a threshold of no sweep": (lambda record: record.update(thresholds=[0.123]), "0.123 of exit 0 is not"),
    "two thresholds": (lambda record: record["thresholds"].append(0.5), "2 thresholds and 1 sweeps"),
    "no sweep": (lambda record: record.update(sweeps=[]), "1 thresholds and 0 sweeps"),
    "more images than atoms": (lambda record: record.update(images=10**30), "images"),
    "rates of other images": (lambda record: record.update(images=9_999), "is no share of 9,999 images"),
    "a rate that is no number": (lambda record: record.update(exit_rates=[float("nan"), 1]), "exit_rates"),
    "an accuracy above its exits'": (lambda record: record.update(accuracy=1.0), "cannot be that of"),
}

QUANTIZATION: dict[str, tuple[Callable[[Any], object], str]] = {
    "no source": (lambda record: record.pop("source"), "source is missing"),
    "an outcome of other images": (lambda record: record.update(images=9_999), "is no share of 9,999 images"),
    "a rate that is no number": (
        lambda record: record["fixed_outcome"].update(exit_rates=[float("nan"), 1.0]),
        "exit_rates",
    ),
    "more changes than images": (lambda record: record.update(other_exits=10_001), "more images are changed"),
    "fewer changes than none": (lambda record: record.update(other_labels=-1), "other_labels"),
    "a width that is none": (lambda record: record["widths"].update(weight_bits=64), "outside 2 to 8"),
    "a certificate of other layers": (lambda record: record["certificate"].pop(), "different layers"),
    "another number of exits": (
        lambda record: record["formats"]["logits"].pop(),
        "different numbers of exits",
    ),
}


@pytest.mark.parametrize(("change", "message"), CALIBRATION.values(), ids=CALIBRATION.keys())
def test_a_calibration_that_contradicts_itself_is_one_line(
    folder: Path, change: Callable[[Any], object], message: str
) -> None:
    edit(folder / "calibration.json", change)
    with pytest.raises(
        FpgaEeError, match=rf"calibration\.json is not a calibration: .*{message}.*; run"
    ) as refused:
        read_calibration(folder)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("change", "message"), QUANTIZATION.values(), ids=QUANTIZATION.keys())
def test_a_quantization_that_contradicts_itself_is_one_line(
    folder: Path, change: Callable[[Any], object], message: str
) -> None:
    edit(folder / "quantization.json", change)
    with pytest.raises(FpgaEeError, match=rf"quantization\.json.*{message}") as refused:
        read_quantization(Subject(NETWORK, folder=folder))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("calibration.json", read_calibration),
        ("quantization.json", lambda folder: read_quantization(Subject(NETWORK, folder=folder))),
    ],
)
def test_a_record_that_is_a_link_is_refused(
    folder: Path, tmp_path: Path, name: str, read: Callable[[Path], object]
) -> None:
    read(folder)
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    with pytest.raises(FpgaEeError, match=rf"{name} is a link: put the file itself there"):
        read(folder)
