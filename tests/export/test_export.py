"""The files of an export keep the contract: names, shapes, types, versions, and nothing of this machine."""

import getpass
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from google.protobuf.message import Message
from helpers.deploying import export_quantized
from helpers.exported import RULES, Exported, export_three_exits
from helpers.onnx_graphs import all_initializers, all_nodes
from helpers.small_networks import Striped
from onnx import TensorProto, numpy_helper

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.artifacts.running import Level, load
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError

BATCH = "batch"
EXPECTED = {
    "backbone_0.onnx": ({"image": [BATCH, 1, 8, 8]}, {"feature_map_0": [BATCH, 4, 4, 4]}),
    "exit_0.onnx": ({"feature_map_0": [BATCH, 4, 4, 4]}, {"logits_0": [BATCH, 3]}),
    "decision_0.onnx": ({"logits_0": [BATCH, 3]}, {"take_0": [BATCH]}),
    "backbone_1.onnx": ({"feature_map_0": [BATCH, 4, 4, 4]}, {"feature_map_1": [BATCH, 4, 2, 2]}),
    "exit_1.onnx": ({"feature_map_1": [BATCH, 4, 2, 2]}, {"logits_1": [BATCH, 3]}),
    "decision_1.onnx": ({"logits_1": [BATCH, 3]}, {"take_1": [BATCH]}),
    "backbone_2.onnx": ({"feature_map_1": [BATCH, 4, 2, 2]}, {"feature_map_2": [BATCH, 8]}),
    "exit_2.onnx": ({"feature_map_2": [BATCH, 8]}, {"logits_2": [BATCH, 3]}),
    "all_exits.onnx": (
        {"image": [BATCH, 1, 8, 8]},
        {"logits_0": [BATCH, 3], "logits_1": [BATCH, 3], "logits_2": [BATCH, 3]},
    ),
    "Deployed.onnx": (
        {"image": [1, 1, 8, 8]},
        {"logits": [1, 3], "exit_index": [1], "label": [1]},
    ),
    "Deployed.batch.onnx": (
        {"image": [BATCH, 1, 8, 8]},
        {"logits": [BATCH, 3], "exit_index": [BATCH], "label": [BATCH]},
    ),
}


def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[object]]:
    return {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in values
    }


def test_there_is_every_file_of_the_contract_and_no_other(exported: Exported) -> None:
    assert {path.name for path in exported.folder.iterdir()} == {
        *EXPECTED,
        "weights.safetensors",
        "manifest.json",
    }


@pytest.mark.parametrize("file", EXPECTED)
def test_inputs_and_outputs_are_those_of_the_contract(exported: Exported, file: str) -> None:
    graph = onnx.load(exported.folder / file).graph
    assert (shapes(list(graph.input)), shapes(list(graph.output))) == EXPECTED[file]


@pytest.mark.parametrize("file", EXPECTED)
def test_opset_and_ir_version_are_fixed_and_the_checker_passes(exported: Exported, file: str) -> None:
    model = onnx.load(exported.folder / file)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 21)]
    assert model.ir_version == 10
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.parametrize("file", [file for file in EXPECTED if file != "Deployed.onnx"])
@pytest.mark.parametrize("batch", [0, 1, 7])
def test_the_batch_is_free(exported: Exported, file: str, batch: int) -> None:
    model = load(exported.folder / file, Level.ENABLE_ALL)
    source = model.session.get_inputs()[0]
    outputs = model.run(None, {source.name: np.zeros((batch, *source.shape[1:]), np.float32)})
    assert all(len(output) == batch for output in outputs)


@pytest.mark.parametrize("file", EXPECTED)
def test_names_say_what_a_tensor_is(exported: Exported, file: str) -> None:
    """No numbers of the exporter's remain."""
    graph = onnx.load(exported.folder / file).graph
    named = [name for node in graph.node for name in node.output]
    assert not [name for name in named if name.startswith(("val_", "quantize_per_tensor", "_"))]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("file", EXPECTED)
def test_weights_are_int8_and_biases_int32_behind_dequantizing(exported: Exported, file: str) -> None:
    graph = onnx.load(exported.folder / file).graph
    types = {each.name: each.data_type for each in all_initializers(graph)}
    parameters = exported.network.state_dict()
    for name, data_type in types.items():
        if name in parameters:
            assert data_type == (TensorProto.INT8 if name.endswith("weight") else TensorProto.INT32), name
            readers = [node.op_type for node in all_nodes(graph) if name in node.input]
            assert set(readers) == {"DequantizeLinear"}, name


@pytest.mark.parametrize("file", EXPECTED)
def test_no_float_tensor_is_more_than_a_scale_or_a_bound(exported: Exported, file: str) -> None:
    graph = onnx.load(exported.folder / file).graph
    floats = [each for each in all_initializers(graph) if each.data_type == TensorProto.FLOAT]
    assert all(numpy_helper.to_array(each).size == 1 for each in floats)


def test_all_parameters_are_in_all_exits(exported: Exported) -> None:
    graph = onnx.load(exported.folder / "all_exits.onnx").graph
    integers = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for name, tensor in exported.quantized.network.state_dict().items():
        np.testing.assert_array_equal(integers[name], tensor.numpy())


def test_a_part_holds_no_parameter_of_another(exported: Exported) -> None:
    for stage in range(3):
        for file, part in ((f"backbone_{stage}", f"backbone.{stage}."), (f"exit_{stage}", f"exits.{stage}.")):
            graph = onnx.load(exported.folder / f"{file}.onnx").graph
            parameters = {each.name for each in graph.initializer} & set(exported.network.state_dict())
            assert parameters == {name for name in exported.network.state_dict() if name.startswith(part)}


def test_four_bits_saturate_at_15_in_onnx(exported: Exported) -> None:
    model = load(exported.folder / "backbone_0.onnx", Level.ENABLE_ALL)
    (feature_map,) = model.run(None, {"image": np.full((1, 1, 8, 8), 255 / 256, np.float32)})
    format_ = exported.quantized.formats.feature_maps[0]
    assert format_.bits == 4
    loud = exported.network.backbone[0](torch.full((1, 1, 8, 8), 255 / 256))
    assert float(loud.detach().max()) > 15.5 * format_.scale, "the float network must go beyond"
    assert feature_map.max() == 15 * format_.scale


@pytest.mark.parametrize("folder", ["exported", "float_export"])
def test_nothing_of_this_machine_is_in_any_file(folder: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(folder)
    files = found if isinstance(found, Path) else found.folder
    secrets = [str(Path.home()), str(Path.cwd()), "site-packages", ".py", socket.gethostname()]
    secrets += [f"/{getpass.getuser()}", "Traceback", "pkg.torch"]
    for path in files.iterdir():
        # A short name, such as that of a host, can stand in the bytes of weights by chance.
        texts = list(texts_of(onnx.load(path))) if path.suffix == ".onnx" else [path.read_bytes()]
        assert not [secret for secret in secrets for text in texts if secret.encode() in text], path.name


def texts_of(message: Message) -> Iterator[bytes]:
    """List every text of a model and its subgraphs, without weights."""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else [value]:
            if isinstance(each, Message):
                yield from texts_of(each)
            elif isinstance(each, str):
                yield each.encode()
            elif isinstance(each, bytes) and field.name != "raw_data":
                yield each


@pytest.mark.slow
def test_the_same_export_gives_the_same_bytes(
    exported: Exported, tmp_path: Path, validation_images: LabelledImages
) -> None:
    export_three_exits(validation_images, tmp_path)
    for path in exported.folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_float_export_holds_float_weights_and_no_formats(float_export: Path) -> None:
    graph = onnx.load(float_export / "all_exits.onnx").graph
    types = {each.name: each.data_type for each in graph.initializer}
    assert {types[name] for name in Striped().state_dict()} == {TensorProto.FLOAT}
    assert not {"QuantizeLinear", "DequantizeLinear"} & {node.op_type for node in graph.node}
    manifest = load_manifest(float_export)
    assert manifest.arithmetic == "float"
    assert manifest.layers == {}
    assert manifest.input.format is None


def test_the_manifest_tells_shapes_formats_and_rules(exported: Exported) -> None:
    manifest = load_manifest(exported.folder)
    formats = exported.quantized.formats
    assert [stage.feature_map.shape for stage in manifest.stages] == [(4, 4, 4), (4, 2, 2), (8,)]
    assert [stage.feature_map.format for stage in manifest.stages] == list(formats.feature_maps)
    assert [stage.logits.format for stage in manifest.stages] == list(formats.logits)
    assert manifest.layers == formats.layers
    rules = [stage.rule for stage in manifest.stages]
    assert [rule and (rule.criterion, rule.threshold) for rule in rules] == [
        ("top1", 0.49),
        ("entropy", 0.93),
        None,
    ]
    assert json.loads((exported.folder / "manifest.json").read_text())["schema"] == 3


def test_a_conditional_model_of_a_batch_is_refused_and_nothing_is_written(
    exported: Exported, tmp_path: Path
) -> None:
    with pytest.raises(FpgaEeError, match="a conditional model of batch 2 cannot be exported"):
        export_quantized(exported.network, exported.quantized, RULES, tmp_path / "out", batch=2)
    assert not (tmp_path / "out").exists()
