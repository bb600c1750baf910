"""The steps one after another: each leaves its files, the same ones every time, and the proof holds."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.built import NETWORK, Built
from helpers.built import build as build_again
from helpers.commands import fpga_ee
from helpers.deploying import vouch_for
from helpers.onnx_graphs import change_constant

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.flow.calibrate import read_calibration
from fpga_ee.networks.catalogue import make_network
from fpga_ee.training.weights import save_weights

STEPS = {"calibration.json", "calibration.png", "quantization.json", "weights.safetensors", "manifest.json"}
MODELS = {
    *(f"{part}_{stage}.onnx" for part in ("backbone", "exit") for stage in (0, 1)),
    "decision_0.onnx",
    "all_exits.onnx",
    "Digits.onnx",
    "Digits.batch.onnx",
}


def test_the_steps_leave_their_files_and_no_other(built: Built) -> None:
    assert {path.name for path in built.folder.iterdir()} == STEPS | MODELS


@pytest.mark.slow
def test_the_same_commands_write_the_same_bytes(built: Built, tmp_path: Path) -> None:
    again = build_again(tmp_path)
    for path in built.folder.iterdir():
        assert (again.folder / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.slow
def test_verify_proves_the_files_and_records_it(built: Built, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built.folder, tmp_path / "copy"))
    result = fpga_ee("verify", copy, "--network", NETWORK, "--images", 1000)
    assert result.code == 0, result
    assert "PROVEN: on 1,000 of 1,000 images" in result.out
    record = json.loads((copy / "verification.json").read_text())
    assert record["passed"] is True
    assert not any(run["difference"]["images"] for run in record["runs"])
    assert sum(record["exit_counts"]) == 1000
    assert min(record["exit_counts"]) > 0, "both exits must be taken"
    assert "seconds" not in json.dumps(record)


@pytest.mark.parametrize(
    ("file", "constant", "part"),
    [
        ("backbone_1.onnx", "backbone.1.2.weight", "backbone.1.2"),
        ("exit_0.onnx", "exits.0.2.weight", "exits.0.2"),
    ],
)
def test_verify_ends_with_exit_code_1_where_a_bit_differs(
    built: Built, tmp_path: Path, file: str, constant: str, part: str
) -> None:
    copy = Path(shutil.copytree(built.folder, tmp_path / "copy"))
    change_constant(copy / file, constant, lambda values: values // 2 - 1)
    vouch_for(copy)

    result = fpga_ee("verify", copy, "--network", NETWORK, "--images", 100)

    assert result.code == 1
    told = " ".join(result.out.split())
    assert "FAILED:" in told
    assert "the first is image" in told
    assert f"in {file}" in told
    assert part in told
    assert json.loads((copy / "verification.json").read_text())["passed"] is False


def test_verify_uses_as_many_images_as_were_asked_for(built: Built, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built.folder, tmp_path / "copy"))
    fpga_ee("verify", copy, "--network", NETWORK, "--images", 7)
    assert json.loads((copy / "verification.json").read_text())["images"] == 7


def test_the_manifest_tells_what_was_measured_on_which_images(built: Built) -> None:
    measured = load_manifest(built.folder).measured
    assert (measured.split, measured.images) == ("MNIST validation", 10_000)
    assert sum(measured.exit_rates) == pytest.approx(1)
    assert measured.accuracy > 0.6


def test_export_takes_the_calibrated_rules(built: Built) -> None:
    (rule,) = read_calibration(built.folder).rules
    first = load_manifest(built.folder).stages[0].rule
    assert first is not None
    assert (first.criterion, first.threshold) == (rule.criterion.name, rule.threshold)


def test_a_given_threshold_takes_the_place_of_the_calibrated_one(built: Built, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built.folder, tmp_path / "copy"))
    result = fpga_ee("export", *Built(built.weights, copy).arguments, "--threshold", "0.123")
    assert result.code == 0, result.err
    first = load_manifest(copy).stages[0].rule
    assert first is not None
    assert first.threshold == 0.123


@pytest.mark.slow
def test_a_float_export_stands_beside_and_its_exits_agree(built: Built, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(built.folder, tmp_path / "copy"))
    assert fpga_ee("export", *Built(built.weights, copy).arguments, "--float").code == 0
    result = fpga_ee("verify", tmp_path / "copy-float", "--network", NETWORK, "--images", 500)
    assert result.code == 0, result
    assert "AGREED:" in result.out
    assert load_manifest(tmp_path / "copy-float").arithmetic == "float"
    assert load_manifest(copy).arithmetic == "fixed-point"


@pytest.mark.slow
def test_a_network_with_one_exit_is_deployed_without_thresholds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "helpers.small_networks:OneExit"
    (tmp_path / "models" / "OneExit").mkdir(parents=True)
    save_weights(make_network(name), tmp_path / "models" / "OneExit" / "weights.safetensors")

    result = fpga_ee("deploy", name)

    assert result.code == 0, result
    assert "PROVEN: on 10,000 of 10,000 images" in result.out
    folder = tmp_path / "build" / "OneExit"
    assert read_calibration(folder).rules == ()
    assert load_manifest(folder).measured.exit_rates == (1.0,)
    assert not (folder / "calibration.png").exists(), "there is no sweep to draw"
    assert not list(folder.glob("decision_*.onnx"))
