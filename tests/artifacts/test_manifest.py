"""The manifest describes every file and vouches for it; a wrong one gives one clear message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.exported import edit_manifest

from fpga_ee.artifacts import onnx_files
from fpga_ee.artifacts.manifest import load_manifest, write_manifest
from fpga_ee.errors import FpgaEeError


def test_what_is_written_is_read(folder: Path) -> None:
    manifest = load_manifest(folder)
    (folder / "manifest.json").unlink()
    write_manifest(folder, manifest)
    assert load_manifest(folder) == manifest


def test_every_file_is_vouched_for(folder: Path) -> None:
    assert set(load_manifest(folder).files) == {path.name for path in folder.iterdir()} - {"manifest.json"}


def test_any_changed_file_is_named(folder: Path) -> None:
    for name in load_manifest(folder).files:
        path = folder / name
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(FpgaEeError, match=rf"{name} is not the file that manifest\.json names"):
            load_manifest(folder)
        path.write_bytes(content)
    load_manifest(folder)


def test_a_truncated_file_is_named(folder: Path) -> None:
    path = folder / "backbone_1.onnx"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FpgaEeError, match=r"backbone_1\.onnx is not the file"):
        load_manifest(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "exit_0.onnx").unlink()
    with pytest.raises(FpgaEeError, match=r"cannot read .*exit_0\.onnx"):
        load_manifest(folder)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_manifest_is_told_apart(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "folder"
    if there:
        folder.mkdir()
    with pytest.raises(FpgaEeError, match=r"folder holds no manifest\.json: .*fpga-ee export"):
        load_manifest(folder)


@pytest.mark.parametrize(
    "key",
    [
        "schema",
        "network",
        "source",
        "data_set",
        "arithmetic",
        "input",
        "stages",
        "layers",
        "measured",
        "files",
    ],
)
def test_a_missing_key_is_named(folder: Path, key: str) -> None:
    edit_manifest(folder, lambda record: record.pop(key))
    with pytest.raises(FpgaEeError, match=rf"manifest\.json is not a manifest: .*{key}.*; export again"):
        load_manifest(folder)


def test_another_schema_is_refused(folder: Path) -> None:
    edit_manifest(folder, lambda record: record.update(schema=99))
    with pytest.raises(FpgaEeError, match="is 99, not 3"):
        load_manifest(folder)


BROKEN: dict[str, Callable[[Any], object]] = {
    "the network is a number": lambda record: record.update(network=5),
    "the arithmetic is unknown": lambda record: record.update(arithmetic="roman"),
    "the input is a list": lambda record: record.update(input=[]),
    "the stages are a number": lambda record: record.update(stages=3),
    "there are no stages": lambda record: record.update(stages=[]),
    "a stage is a number": lambda record: record["stages"].__setitem__(0, 7),
    "a shape is text": lambda record: record["input"].update(shape="abc"),
    "a format has no such key": lambda record: record["input"]["format"].update(colour="red"),
    "a format has no bits": lambda record: record["input"]["format"].pop("bits"),
    "a format has bits of text": lambda record: record["input"]["format"].update(bits="8"),
    "a format is too wide": lambda record: record["stages"][0]["logits"]["format"].update(bits=99),
    "the layers are a list": lambda record: record.update(layers=[]),
    "a layer lacks a format": lambda record: record["layers"]["exits.2"].pop("bias"),
    "a rule is unknown": lambda record: record["stages"][0]["rule"].update(criterion="luck"),
    "a threshold is text": lambda record: record["stages"][0]["rule"].update(threshold="high"),
    "the last exit has a rule": lambda record: record["stages"][-1].update(rule=record["stages"][0]["rule"]),
    "an early exit has no rule": lambda record: record["stages"][0].update(rule=None),
    "the measurement is null": lambda record: record.update(measured=None),
    "the files are a list": lambda record: record.update(files=[]),
    "no file is vouched for": lambda record: record.update(files={}),
    "the input has no pixels": lambda record: record["input"].update(shape=[0, 0, 0]),
    "the input has no shape": lambda record: record["input"].update(shape=[]),
    "the input has no columns": lambda record: record["input"].update(shape=[1, 8]),
    "logits are a matrix": lambda record: record["stages"][0]["logits"].update(shape=[3, 1]),
    "exits tell other classes apart": lambda record: record["stages"][1]["logits"].update(shape=[4]),
    "a threshold is no probability": lambda record: record["stages"][0]["rule"].update(threshold=1.0),
    "a threshold is no number": lambda record: record["stages"][0]["rule"].update(threshold=float("nan")),
    "an entropy is negative": lambda record: record["stages"][1]["rule"].update(threshold=-0.5),
    "there are more images than atoms": lambda record: record["measured"].update(images=10**30),
    "there are no images": lambda record: record["measured"].update(images=0),
    "a rate is no number": lambda record: record["measured"].update(exit_rates=[float("nan"), 0.5, 0.5]),
    "rates are of other images": lambda record: record["measured"].update(exit_rates=[0.5, 0.25, 0.25]),
    "rates are of two exits": lambda record: record["measured"].update(
        images=2, exit_rates=[0.5, 0.5], exit_accuracies=[0.0, 0.0]
    ),
    "the accuracy is better than all exits": lambda record: record["measured"].update(accuracy=1.0),
    "the image is signed": lambda record: record["input"]["format"].update(signed=True),
    "the image has no format": lambda record: record["input"].update(format=None),
    "logits have a format of their own": lambda record: record["stages"][0]["logits"]["format"].update(
        frac=-3
    ),
    "a feature map has no format": lambda record: record["stages"][0]["feature_map"].update(format=None),
    "a bias is off the grid": lambda record: record["layers"]["exits.2"]["bias"].update(frac=1),
    "a layer reads what nothing gives": lambda record: record["layers"]["exits.2"]["input"].update(frac=-9),
    "weights are unsigned": lambda record: record["layers"]["exits.2"]["weight"].update(signed=False),
    "weights have a least integer": lambda record: record["layers"]["exits.2"]["weight"].update(
        symmetric=False
    ),
    "a bias has two bits": lambda record: record["layers"]["exits.2"]["bias"].update(bits=2),
    "words lack their least integer": lambda record: record["layers"]["backbone.1"]["output"].update(
        symmetric=True
    ),
    "a layer is of no stage": lambda record: record["layers"].update(
        {"exits.7": record["layers"]["exits.2"]}
    ),
    "float has formats": lambda record: record.update(arithmetic="float"),
    "a file lies outside the folder": lambda record: record["stages"][0].update(backbone="../evil.onnx"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_a_wrong_entry_is_one_message(folder: Path, change: Callable[[Any], object]) -> None:
    edit_manifest(folder, change)
    with pytest.raises(FpgaEeError, match=r"manifest\.json is not a manifest: .*; export again") as refused:
        load_manifest(folder)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"', "{}"])
def test_json_of_another_kind_is_one_message(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(FpgaEeError, match=r"manifest\.json is not a manifest"):
        load_manifest(folder)


def test_the_file_is_indented_for_people_and_ends_with_a_newline(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    assert text.startswith('{\n  "schema": 3,\n  "network": "Deployed"')
    assert text.endswith("}\n")


DISAGREEING: dict[str, tuple[Callable[[Any], object], str]] = {
    "another image": (
        lambda record: record["input"].update(shape=[1, 8, 9]),
        r"its inputs are image float \[images, 1, 8, 8\], not image float \[images, 1, 8, 9\]",
    ),
    "another feature map": (
        lambda record: record["stages"][0]["feature_map"].update(shape=[4, 4, 5]),
        r"its outputs are feature_map_0 float \[images, 4, 4, 4\], not",
    ),
    "other classes": (
        lambda record: [stage["logits"].update(shape=[4]) for stage in record["stages"]],
        r"logits_\d float \[images, 3\]",
    ),
    "a looser threshold": (
        lambda record: record["stages"][0]["rule"].update(threshold=0.48),
        r"decision_0\.bound is not the constant of top1 0\.48",
    ),
    "another entropy": (
        lambda record: record["stages"][1]["rule"].update(threshold=0.92),
        r"decision_1\.\w+ is not the constant of entropy 0\.92",
    ),
    "another criterion": (
        lambda record: record["stages"][0]["rule"].update(criterion="entropy"),
        r"decision_0\.\w+ is not the constant of entropy 0\.49",
    ),
    "exchanged files": (
        lambda record: (
            record["stages"][0].update(exit="exit_1.onnx") or record["stages"][1].update(exit="exit_0.onnx")
        ),
        r"its inputs are feature_map_\d",
    ),
}


@pytest.mark.parametrize(("change", "message"), DISAGREEING.values(), ids=DISAGREEING.keys())
def test_a_manifest_that_its_own_files_contradict_is_refused(
    folder: Path, change: Callable[[Any], object], message: str
) -> None:
    edit_manifest(folder, change)
    with pytest.raises(
        FpgaEeError, match=rf"is not what manifest\.json says: .*{message}.*; export again"
    ) as refused:
        load_manifest(folder)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("change", [{"frac": 33}, {"frac": -33}, {"bits": 17}])
def test_words_that_have_no_sums_are_refused(folder: Path, change: dict[str, int]) -> None:
    """64 fractional bits once took ten gigabytes."""
    edit_manifest(folder, lambda record: record["stages"][0]["logits"]["format"].update(change))
    with pytest.raises(FpgaEeError, match=r"logits 0 has words of .*: 16 and 32 are the most; export again"):
        load_manifest(folder)


def test_files_are_parsed_within_the_limits_of_models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_files, "MOST_NODES", 5)
    with pytest.raises(FpgaEeError, match=r"\.onnx has more than 5 nodes and constants: it is not read"):
        load_manifest(folder)
