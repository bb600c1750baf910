"""Hostile and odd input ends every verb with one line on stderr, exit code 2, and nothing written."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.built import NETWORK, Built
from helpers.commands import fpga_ee
from helpers.deploying import vouch_for

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.files.writing import write_json
from fpga_ee.networks.catalogue import make_network
from fpga_ee.training.weights import save_weights, weights_sha256


@pytest.fixture
def mine(built: Built, tmp_path: Path) -> Built:
    """A copy to do harm to."""
    copy = tmp_path / "mine"
    shutil.copytree(built.folder.parent, copy)
    return Built(copy / built.weights.name, copy / built.folder.name)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(message: str, watched: Path, *arguments: object) -> None:
    before = content(watched)
    result = fpga_ee(*arguments)
    assert result.code == 2, result
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1, result.err
    assert message in result.err
    assert "Traceback" not in result.out + result.err
    assert content(watched) == before, "nothing may be written"


@pytest.mark.parametrize(
    ("verb", "missing", "message"),
    [
        ("quantize", "calibration.json", "run `fpga-ee calibrate` first"),
        ("export", "quantization.json", "run `fpga-ee quantize` first"),
        ("export", "calibration.json", "run `fpga-ee calibrate` first"),
        ("export", "weights.safetensors", "there is no weights file"),
    ],
)
def test_a_missing_step_is_named(mine: Built, verb: str, missing: str, message: str) -> None:
    (mine.folder / missing).unlink()
    assert_refused(message, mine.folder, verb, *mine.arguments)


@pytest.mark.parametrize("verb", ["calibrate", "quantize"])
def test_missing_weights_are_named(mine: Built, verb: str) -> None:
    mine.weights.unlink()
    assert_refused(
        "weights.safetensors does not exist; run `fpga-ee train", mine.folder, verb, *mine.arguments
    )


def test_a_folder_in_the_place_of_weights_is_named(mine: Built) -> None:
    blocked = replace(mine, weights=mine.folder)
    assert_refused("build is a folder; name the file", mine.folder, "calibrate", *blocked.arguments)


@pytest.mark.parametrize("verb", ["calibrate", "quantize", "export"])
def test_an_unknown_network_is_named(mine: Built, verb: str) -> None:
    arguments = mine.arguments[1:]
    assert_refused("there is no network B_Lenet_fcm", mine.folder, verb, "B_Lenet_fcm", *arguments)


@pytest.mark.parametrize("verb", ["calibrate", "quantize"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(mine: Built, verb: str, value: float) -> None:
    network = make_network(NETWORK)
    with torch.no_grad():
        next(network.parameters())[0] = value
    save_weights(network, mine.weights)
    assert_refused("NaN or infinite", mine.folder, verb, *mine.arguments)


@pytest.mark.parametrize("verb", ["calibrate", "quantize"])
def test_weights_of_another_network_are_refused(mine: Built, verb: str) -> None:
    save_weights(make_network("B_Lenet_se"), mine.weights)
    assert_refused("does not hold the weights of a Digits", mine.folder, verb, *mine.arguments)


class RunsCode:
    """Acts like a malicious pickle: it calls a function when it is loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


def test_a_pickle_with_code_is_refused_and_never_runs(mine: Built, tmp_path: Path) -> None:
    evil = replace(mine, weights=tmp_path / "evil.pth")
    torch.save({"weight": RunsCode(tmp_path / "it ran")}, evil.weights)
    assert_refused("could run code", mine.folder, "calibrate", *evil.arguments)
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize("threshold", ["0", "1", "-0.5", "1.5", "nan", "inf"])
def test_a_threshold_out_of_range_is_refused(mine: Built, threshold: str) -> None:
    assert_refused(
        "is not between 0 and 1", mine.folder, "export", *mine.arguments, f"--threshold={threshold}"
    )


def test_more_thresholds_than_early_exits_are_refused(mine: Built) -> None:
    thresholds = ("--threshold", "0.9", "--threshold", "0.8")
    assert_refused(
        "2 thresholds were given for 1 early exits", mine.folder, "export", *mine.arguments, *thresholds
    )


def test_a_conditional_model_of_a_batch_is_refused(mine: Built) -> None:
    assert_refused("batch 2 cannot be exported", mine.folder, "export", *mine.arguments, "--batch", 2)


@pytest.mark.parametrize("width", ["--weight-bits", "--activation-bits"])
@pytest.mark.parametrize("bits", [1, 9])
def test_a_width_out_of_range_is_refused(mine: Built, width: str, bits: int) -> None:
    assert_refused(f"width {bits} is outside 2 to 8", mine.folder, "quantize", *mine.arguments, width, bits)


def test_a_network_that_breaks_the_certificate_is_refused_by_layer(mine: Built) -> None:
    network = make_network(NETWORK)
    # Biases count in steps of the products, which are tiny here at any width of the weights.
    for name, parameter in network.named_parameters():
        torch.nn.init.constant_(parameter, 0.99 if name.endswith("bias") else 2.0**-20)
    save_weights(network, mine.weights)
    assert fpga_ee("calibrate", *mine.arguments).code == 0
    assert_refused(
        "error: backbone.0.0: an accumulator could reach", mine.folder, "quantize", *mine.arguments
    )


def test_an_unknown_operator_is_refused_by_layer(mine: Built) -> None:
    save_weights(make_network("helpers.small_networks:Curved"), mine.weights)
    other = replace(mine, folder=mine.folder.with_name("other"))
    arguments = ("helpers.small_networks:Curved", *other.arguments[1:])
    says = "error: backbone.0.3 (GELU): fixed point does not know"
    assert_refused(says, other.folder, "calibrate", *arguments)
    assert fpga_ee("calibrate", *arguments, "--float").code == 0
    assert_refused(says, other.folder, "quantize", *arguments)


@pytest.mark.parametrize("arguments", [("calibrate",), ("quantize",), ("export", "--float")])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Color", "takes images [3, 32, 32], but those of MNIST validation are [1, 28, 28]"),
        ("SevenDigits", "tells 7 classes apart, but the labels of MNIST validation go from 0 to 9"),
    ],
)
def test_a_network_for_other_images_is_refused(
    mine: Built, arguments: tuple[str, ...], name: str, message: str
) -> None:
    source = f"helpers.small_networks:{name}"
    network = make_network(source)
    save_weights(network, mine.weights)
    calibration = read_json(mine.folder / "calibration.json")
    of_other = {"source": source, "weights_sha256": weights_sha256(network)}
    write_json(mine.folder / "calibration.json", calibration | of_other)
    for file in ("quantization.json", "manifest.json"):
        (mine.folder / file).unlink()
    verb, *options = arguments
    assert_refused(message, mine.folder, verb, source, *mine.arguments[1:], *options)


@pytest.mark.parametrize("drop", ["-1", "101", "nan"])
def test_a_drop_out_of_range_is_refused(mine: Built, drop: str) -> None:
    assert_refused("is outside 0 to 100", mine.folder, "calibrate", *mine.arguments, f"--max-drop={drop}")


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["calibrate", "quantize", "export"])
def test_a_build_folder_that_cannot_be_written_is_named(
    mine: Built, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full when the first temporary file is made."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    monkeypatch.setattr("tempfile.mkdtemp", full)
    assert_refused("No space left on device", mine.folder, verb, *mine.arguments)


@pytest.mark.slow
def test_a_file_where_the_build_folder_should_be_is_named(mine: Built) -> None:
    blocked = replace(mine, folder=mine.weights)
    assert_refused("cannot write", mine.folder, "calibrate", *blocked.arguments)


@pytest.mark.parametrize("file", ["calibration.json", "quantization.json"])
@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"formats": {}}', '{"criterion": "luck"}'])
def test_a_damaged_result_of_an_earlier_step_is_named(mine: Built, file: str, text: str) -> None:
    (mine.folder / file).write_text(text)
    assert_refused(file, mine.folder, "export", *mine.arguments)


@pytest.mark.parametrize("arguments", [("quantize",), ("export", "--float")])
def test_a_calibration_of_other_weights_is_refused(mine: Built, arguments: tuple[str, ...]) -> None:
    save_weights(make_network(NETWORK, seed=1), mine.weights)
    verb, *options = arguments
    message = "calibration.json was made with other weights; run `fpga-ee calibrate` again"
    assert_refused(message, mine.folder, verb, *mine.arguments, *options)


def test_a_quantization_of_other_weights_is_refused(mine: Built) -> None:
    save_weights(make_network(NETWORK, seed=1), mine.folder / "weights.safetensors")
    assert_refused("run `fpga-ee quantize` again", mine.folder, "export", *mine.arguments)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "options"), [("calibrate", ("--criterion", "entropy")), ("quantize", ("--weight-bits", 4))]
)
def test_a_set_of_files_is_written_whole_or_not_at_all(
    mine: Built, verb: str, options: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full after the first file of the set."""
    save_weights(make_network(NETWORK, seed=1), mine.weights)
    assert fpga_ee("calibrate", *mine.arguments).code == 0

    def full(path: Path, _: object) -> None:
        raise FpgaEeError(f"cannot write {path}")

    monkeypatch.setattr(f"fpga_ee.flow.{verb}.write_json", full)
    assert_refused("cannot write", mine.folder, verb, *mine.arguments, *options)


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "holds no manifest.json"),
    "truncated model": (
        lambda folder: truncate(folder / "backbone_1.onnx"),
        "backbone_1.onnx is not the file",
    ),
    "missing model": (lambda folder: (folder / "exit_0.onnx").unlink(), "cannot read"),
    "other weights": (lambda folder: truncate(folder / "weights.safetensors"), "is not the file"),
}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize(("harm", "message"), HARM.values(), ids=HARM.keys())
def test_verify_names_what_is_wrong_with_a_folder(
    mine: Built, harm: Callable[[Path], object], message: str
) -> None:
    harm(mine.folder)
    assert_refused(message, mine.folder, "verify", mine.folder, "--network", NETWORK)


def test_verify_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert_refused("holds no manifest.json", tmp_path, "verify", tmp_path / "nowhere")


def test_verify_never_runs_code_that_only_the_files_name(mine: Built) -> None:
    assert_refused(f"name it: --network {NETWORK}", mine.folder, "verify", mine.folder)


def test_verify_refuses_a_truncated_model_that_the_manifest_vouches_for(mine: Built) -> None:
    truncate(mine.folder / "backbone_1.onnx")
    vouch_for(mine.folder)
    arguments = ("verify", mine.folder, "--network", NETWORK, "--images", 5)
    assert_refused("is truncated or not an ONNX file", mine.folder, *arguments)


def test_more_images_than_there_are_is_refused(mine: Built) -> None:
    arguments = ("verify", mine.folder, "--network", NETWORK, "--images", 10_001)
    assert_refused("MNIST validation has 10,000 images, not 10,001: ask for fewer", mine.folder, *arguments)


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ("hw-estimate", "hardware"),
        ("hw-explore", "hardware"),
        ("hw-fastest", "hardware"),
        ("hw-generate", "rtl"),
        ("hw-simulate", "rtl"),
        ("hw-synth", "rtl"),
        ("hw-route", "rtl"),
    ],
)
def test_a_link_in_an_export_leads_no_results_elsewhere(tmp_path: Path, verb: str, name: str) -> None:
    export, elsewhere = tmp_path / "export", tmp_path / "elsewhere"
    export.mkdir()
    elsewhere.mkdir()
    (export / name).symlink_to(elsewhere)
    assert_refused(f"export/{name} is a link: remove it", tmp_path, verb, export)
    # A folder that the user names may be one.
    option = "--rtl" if name == "rtl" else "--output"
    assert "is a link" not in fpga_ee(verb, export, option, export / name).err


@pytest.mark.parametrize("link", ["model", "model/hardware"])
def test_a_link_beside_a_model_leads_no_results_elsewhere(tmp_path: Path, link: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "model.onnx").touch()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    assert_refused(f"{link} is a link: remove it", tmp_path, "hw-estimate", tmp_path / "model.onnx")
