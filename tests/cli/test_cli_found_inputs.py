"""Inputs that once ended in a traceback, or not at all: each is one line, code 2, and nothing written."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from helpers.built import NETWORK, Built
from helpers.commands import fpga_ee
from helpers.deploying import vouch_for
from onnx import helper, numpy_helper

READERS: dict[str, tuple[object, ...]] = {
    "verify": ("verify", "build", "--network", NETWORK, "--images", 20),
    "hw-estimate": ("hw-estimate", "build", "--output", "out"),
    "hw-estimate for rtl": ("hw-estimate", "build", "--target", "rtl", "--output", "out"),
    "hw-generate": ("hw-generate", "build", "--design", "own.json", "--rtl", "out"),
}
"""Commands that read an export, run in the folder of ``build``."""


@pytest.fixture
def build(built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an export to do harm to, in the current folder."""
    shutil.copytree(built.folder, tmp_path / "build")
    (tmp_path / "own.json").write_text(json.dumps({"foldings": {}, "buffered": 2}))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "build"


def refused(*arguments: object) -> str:
    """Give the message of a command that refuses its input; the command writes nothing."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = fpga_ee(*arguments)
    assert result.code == 2, result
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return result.err


def change_manifest(build: Path, change: Callable[[Any], object]) -> None:
    path = build / "manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def change_model(build: Path, name: str, change: Callable[[onnx.ModelProto], object]) -> None:
    """Change a model, and let the manifest vouch for it."""
    model = onnx.load_model_from_string((build / name).read_bytes())
    change(model)
    (build / name).write_bytes(model.SerializeToString())
    vouch_for(build)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("shape", [[], [0, 0, 0], [1], [2**40, 1, 1], [-1, 28, 28], [1.0, 28, 28]])
@pytest.mark.parametrize("tensor", ["input", "feature_map", "logits"])
def test_a_shape_that_no_tensor_has(build: Path, reader: str, shape: list[object], tensor: str) -> None:
    def change(manifest: Any) -> None:
        (manifest if tensor == "input" else manifest["stages"][0])[tensor]["shape"] = shape

    change_manifest(build, change)
    refused(*READERS[reader])


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("entry", [{"bits": 64}, {"bits": 65}, {"bits": 0}, {"frac": 64}, {"signed": None}])
def test_a_format_that_no_tensor_has(build: Path, reader: str, entry: dict[str, object]) -> None:
    change_manifest(build, lambda manifest: manifest["stages"][0]["logits"]["format"].update(entry))
    refused(*READERS[reader])


def without_tables(model: onnx.ModelProto) -> None:
    del model.graph.initializer[:]


def with_short_tables(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim and values.size > 2:
            tensor.CopyFrom(numpy_helper.from_array(values[:2].copy(), tensor.name))


def with_empty_tables(model: onnx.ModelProto) -> None:
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim:
            tensor.CopyFrom(numpy_helper.from_array(np.zeros(0, values.dtype), tensor.name))


@pytest.mark.parametrize("change", [without_tables, with_short_tables, with_empty_tables])
@pytest.mark.parametrize("reader", ["hw-estimate for rtl", "hw-generate"])
def test_a_decision_without_its_tables(
    build: Path, reader: str, change: Callable[[onnx.ModelProto], None]
) -> None:
    change_model(build, "decision_0.onnx", change)
    assert "decision_0.onnx" in refused(*READERS[reader])


@pytest.mark.parametrize("reader", READERS)
def test_a_tensor_of_an_unknown_type(build: Path, reader: str) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.initializer[0].data_type = 99

    change_model(build, "backbone_0.onnx", change)
    assert "backbone_0.onnx" in refused(*READERS[reader])


@pytest.mark.parametrize("reader", READERS)
def test_a_chain_of_3000_nodes_that_do_nothing_ends(build: Path, reader: str) -> None:
    def change(model: onnx.ModelProto) -> None:
        last = model.graph.node[-1]
        name = last.output[0]
        last.output[0] = before = f"{name}.0"
        for index in range(3000):
            after = name if index == 2999 else f"{name}.{index + 1}"
            model.graph.node.append(helper.make_node("Identity", [before], [after]))
            before = after

    change_model(build, "backbone_0.onnx", change)
    result = fpga_ee(*READERS[reader])
    assert result.code in {0, 2}, result
    assert result.err.count("\n") == (result.code == 2)


@pytest.mark.parametrize("clock", ["1e308", "nan", "inf", "0", "-1", "10001"])
@pytest.mark.parametrize(
    "arguments",
    [
        READERS["hw-estimate"],
        ("hw-explore", "build", "--output", "out"),
        ("hw-fastest", "build", "--output", "out"),
        ("hw-simulate", "build"),
        ("hw-route", "build"),
    ],
)
def test_a_clock_that_no_fpga_has(build: Path, arguments: tuple[object, ...], clock: str) -> None:
    assert build.is_dir()
    assert "MHz is not possible" in refused(*arguments, f"--clock={clock}")


@pytest.mark.parametrize("name", ["manifest.json", "backbone_0.onnx", "weights.safetensors"])
def test_a_link_to_itself(build: Path, name: str) -> None:
    (build / name).unlink()
    (build / name).symlink_to(name)
    refused(*READERS["verify"])


@pytest.mark.parametrize("name", ["calibration.json", "quantization.json", "weights.safetensors"])
def test_a_folder_of_results_whose_files_are_links_is_not_exported(
    built: Built, build: Path, name: str
) -> None:
    (build / name).rename(build.parent / name)
    (build / name).symlink_to(build.parent / name)
    message = refused("export", NETWORK, "--weights", built.weights, "--build", build)
    assert f"{name} is a link: put the file itself there" in message
