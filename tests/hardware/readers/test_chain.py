"""The hardware graph is what the files say; what cannot be built is refused by name."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.networks import B_LENET_SE
from helpers.onnx_files import Builder, chain_model, conditional_model, image, saved
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.manifest import Manifest, load_manifest, write_manifest
from fpga_ee.artifacts.onnx_files import read_foreign
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import HardwareGraph, Table
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.readers.chain import read_chain
from fpga_ee.hardware.readers.conditional_model import read_conditional
from fpga_ee.hardware.readers.exported import late_rates, read_export
from fpga_ee.hardware.readers.view import View


def shapes(layers: tuple[Layer, ...]) -> list[tuple[object, ...]]:
    """What a layer is and does, without its name and formats."""

    def size(layer: Layer) -> tuple[int, ...]:
        entering, leaving = layer.input, layer.output
        return (
            *(entering.channels, entering.rows, entering.cols),
            *(leaving.channels, leaving.rows, leaving.cols),
        )

    return [(type(layer), size(layer), getattr(layer, "window", None)) for layer in layers]


def same_network(one: HardwareGraph, other: HardwareGraph) -> bool:
    return [(shapes(s.backbone), shapes(s.exit)) for s in one.stages] == [
        (shapes(s.backbone), shapes(s.exit)) for s in other.stages
    ]


@pytest.mark.slow
class TestExport:
    def test_the_graph_has_the_layers_of_the_network(self, exported: Path) -> None:
        assert same_network(read_export(exported)[0], B_LENET_SE)

    def test_layers_have_the_names_formats_and_integers_of_the_files(self, exported: Path) -> None:
        graph, manifest = read_export(exported)
        layer = graph.stages[1].exit.layers[0]
        assert isinstance(layer, Linear)
        formats = manifest.layers[layer.name]
        assert (layer.name, layer.weight_format, layer.input.format) == (
            "exits.1.0",
            formats.weight,
            formats.input,
        )
        assert layer.weight is not None
        assert layer.weight.dtype == np.int8
        assert layer.weight.shape == (10, 720)

    def test_no_sum_can_exceed_its_accumulator_and_one_bit_less_would_not_do(self, exported: Path) -> None:
        for stage in read_export(exported)[0].stages:
            for layer in stage.layers:
                if getattr(layer, "weight", None) is None:
                    continue
                weight = np.abs(layer.weight.astype(np.int64)).reshape(len(layer.weight), -1)
                largest = (weight.sum(axis=1) * layer.input.format.magnitude + np.abs(layer.bias)).max()
                assert layer.output.format.high >= largest > layer.output.format.high // 2

    def test_the_decision_has_the_tables_of_the_file(self, exported: Path) -> None:
        decision = read_export(exported)[0].stages[0].decision
        assert decision is not None
        assert decision.tables == (Table(entries=190, bits=17),)
        assert decision.input.channels == 10

    def test_late_rates_are_those_that_were_measured(self, exported: Path) -> None:
        assert late_rates(load_manifest(exported)) == (0.25,)

    def test_an_altered_file_is_refused(self, exported: Path, tmp_path: Path) -> None:
        folder = Path(shutil.copytree(exported, tmp_path / "copy"))
        (folder / "exit_0.onnx").write_bytes(b"altered")
        with pytest.raises(FpgaEeError, match=r"exit_0\.onnx .*SHA-256 differs"):
            read_export(folder)

    def test_a_truncated_file_is_refused_even_where_the_manifest_agrees(
        self, exported: Path, tmp_path: Path
    ) -> None:
        folder = Path(shutil.copytree(exported, tmp_path / "copy"))
        content = (folder / "exit_0.onnx").read_bytes()
        (folder / "exit_0.onnx").write_bytes(content[: len(content) // 2])
        write_manifest(folder, load_unchecked(exported))
        with pytest.raises(
            FpgaEeError, match=r"exit_0\.onnx is truncated or not an ONNX file: export it again"
        ):
            read_export(folder)


def load_unchecked(folder: Path) -> Manifest:
    manifest = load_manifest(folder)
    return replace(manifest, files=dict.fromkeys(manifest.files, ""))


class TestConditional:
    def test_a_float_model_with_an_if_is_the_same_network(self, tmp_path: Path) -> None:
        graph = read_conditional(conditional_model(tmp_path / "model.onnx"), 16)
        assert same_network(graph, B_LENET_SE)
        assert graph.name == "model"
        assert [stage.decision is None for stage in graph.stages] == [False, True]

    def test_its_words_have_the_wanted_width(self, tmp_path: Path) -> None:
        graph = read_conditional(conditional_model(tmp_path / "model.onnx"), 12)
        assert {stage.feature_map.format.bits for stage in graph.stages} == {12}

    def test_a_model_without_an_exit_is_one_stage(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1).pool_relu("conv").linear("fc", (784, 10))
        graph = read_conditional(chain_model(tmp_path / "plain.onnx", builder), 16)
        assert [len(stage.backbone.layers) for stage in graph.stages] == [4]
        assert graph.stages[0].decision is None

    def test_a_normalisation_is_folded_into_the_layer_before_it(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1)
        constants = [
            builder.constant(name, values, np.float32)
            for name, values in (("scale", [2] * 4), ("shift", [3] * 4), ("mean", [1] * 4), ("var", [4] * 4))
        ]
        builder.node("BatchNormalization", *constants, name="bn", epsilon=0.0).linear("fc", (3136, 10))
        layer = read_conditional(chain_model(tmp_path / "bn.onnx", builder), 16).stages[0].backbone.layers[0]
        plain = onnx.numpy_helper.to_array(builder.weights[0])
        bias = onnx.numpy_helper.to_array(builder.weights[1])
        np.testing.assert_allclose(layer.weight, plain)  # 2 / sqrt(4)
        np.testing.assert_allclose(layer.bias, (bias - 1) + 3)

    def test_matmul_and_add_are_one_layer(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1).node("Flatten", name="flatten")
        builder.node("MatMul", builder.weight("fc.weight", 3136, 10), name="fc")
        builder.node("Add", builder.weight("fc.bias", 10), name="add")
        stage = read_conditional(chain_model(tmp_path / "matmul.onnx", builder), 16).stages[0]
        assert len([layer for layer in stage.exit if isinstance(layer, Linear)]) == 1
        assert stage.exit.layers[0].weight.shape == (10, 3136)
        assert stage.exit.layers[0].bias.shape == (10,)

    def test_another_condition_is_refused(self, tmp_path: Path) -> None:
        path = conditional_model(tmp_path / "model.onnx")
        model = onnx.load(path)
        next(node for node in model.graph.node if node.op_type == "ReduceMax").op_type = "ReduceMean"
        with pytest.raises(FpgaEeError, match="If if: its condition is not Softmax -> ReduceMax -> Greater"):
            read_conditional(saved(path, model.graph), 16)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"dilations": [2, 2]}, r"Conv conv: dilations \[2, 2\] are not supported"),
        ({"auto_pad": "SAME_UPPER"}, "Conv conv: auto_pad is not supported"),
    ],
)
def test_convolution_attributes_that_hardware_lacks(
    tmp_path: Path, attributes: dict[str, object], message: str
) -> None:
    builder = Builder("image")
    weight = builder.weight("conv.weight", 4, 1, 3, 3)
    builder.node("Conv", weight, name="conv", kernel_shape=[3, 3], **attributes)
    builder.node("GlobalMaxPool", name="pool")
    with pytest.raises(FpgaEeError, match=message):
        read_conditional(chain_model(tmp_path / "model.onnx", builder), 16)


@pytest.mark.parametrize(
    ("operator", "attributes", "message"),
    [
        ("MaxPool", {"kernel_shape": [3, 3], "ceil_mode": 1}, "MaxPool other: ceil_mode .* B_Lenet_fcn"),
        ("MaxPool", {"kernel_shape": [3, 3], "dilations": [2, 2]}, "MaxPool other: dilations"),
        ("AveragePool", {"kernel_shape": [2, 2]}, "AveragePool other is not supported"),
        ("Sigmoid", {}, "Sigmoid other is not supported"),
        ("Clip", {}, "Clip other is not supported"),
        ("Transpose", {"perm": [0, 1, 3, 2]}, "Transpose other is not supported"),
    ],
)
def test_operators_that_hardware_lacks(
    tmp_path: Path, operator: str, attributes: dict[str, object], message: str
) -> None:
    builder = Builder("image").conv("conv", (1, 4), 3, 1).node(operator, name="other", **attributes)
    builder.node("Relu", name="relu")
    path = chain_model(tmp_path / "model.onnx", builder)
    with pytest.raises(FpgaEeError, match=message) as raised:
        read_conditional(path, 16)
    assert str(path) in str(raised.value)


def test_a_residual_addition_is_refused(tmp_path: Path) -> None:
    builder = Builder("image").conv("conv", (1, 1), 3, 1).node("Add", "image", name="residual")
    with pytest.raises(
        FpgaEeError, match="residual adds two feature maps: the hardware flow has no addition yet"
    ):
        read_conditional(chain_model(tmp_path / "model.onnx", builder), 16)


@pytest.mark.parametrize("operator", ["Mul", "Sub", "Concat"])
def test_other_joins_are_refused(tmp_path: Path, operator: str) -> None:
    builder = Builder("image").conv("conv", (1, 1), 3, 1)
    builder.node(operator, "image", name="join", **({"axis": 1} if operator == "Concat" else {}))
    with pytest.raises(FpgaEeError, match=f"{operator} join joins 2 tensors"):
        read_conditional(chain_model(tmp_path / "model.onnx", builder), 16)


class TestClip:
    """A clip in front of a format's own ends changes nothing; hardware lacks any other."""

    FORMAT = FixedPoint(4, signed=False, frac=2)  # 0 to 3.75

    def read(self, low: float | None, high: float | None, path: Path) -> tuple[Layer, ...]:
        builder = Builder("image")
        bounds = [
            "" if bound is None else builder.constant(name, bound, np.float32)
            for name, bound in (("low", low), ("high", high))
        ]
        builder.node("Clip", *bounds, name="clip")
        grid = builder.constant("scale", 0.25, np.float32), builder.constant("zero", 0, np.uint8)
        builder.node("QuantizeLinear", *grid, name="quantize")
        builder.node("DequantizeLinear", *grid, name="dequantize")
        view = View(read_foreign(chain_model(path, builder)).graph)
        entering = FeatureMap(1, 28, 28, self.FORMAT)
        return read_chain(view, list(view.graph.node), entering, lambda _: pytest.fail("no layer"))[0]

    @pytest.mark.parametrize(("low", "high"), [(0, 3.75), (0, 6), (-1, 4), (None, 3.75), (0, None)])
    def test_the_ends_of_the_format_or_beyond(
        self, low: float | None, high: float | None, tmp_path: Path
    ) -> None:
        assert self.read(low, high, tmp_path / "model.onnx") == ()

    @pytest.mark.parametrize(("low", "high"), [(0, 3.5), (0.25, 3.75), (None, 1)])
    def test_inside_the_format(self, low: float | None, high: float | None, tmp_path: Path) -> None:
        with pytest.raises(
            FpgaEeError, match=r"clip clips to .*: the hardware flow has no clip but ReLU yet"
        ):
            self.read(low, high, tmp_path / "model.onnx")


class TestBadFiles:
    def test_several_outputs(self, tmp_path: Path) -> None:
        """Such as the file of all exits beside an export's stages."""
        path = conditional_model(tmp_path / "model.onnx")
        model = onnx.load(path)
        model.graph.output.append(helper.make_tensor_value_info("label", onnx.TensorProto.FLOAT, [1, 10]))
        model.graph.node.append(helper.make_node("Identity", [model.graph.output[0].name], ["label"]))
        with pytest.raises(FpgaEeError, match="has 2 outputs: only one can be read"):
            read_conditional(saved(path, model.graph), 16)

    def test_a_truncated_file(self, tmp_path: Path) -> None:
        path = conditional_model(tmp_path / "model.onnx")
        path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(FpgaEeError, match="is truncated or not an ONNX file"):
            read_conditional(path, 16)

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "empty.onnx").write_bytes(b"")
        with pytest.raises(FpgaEeError, match="is truncated or not an ONNX file"):
            read_conditional(tmp_path / "empty.onnx", 16)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FpgaEeError, match=r"cannot read .*none\.onnx"):
            read_conditional(tmp_path / "none.onnx", 16)

    def test_a_cycle(self, tmp_path: Path) -> None:
        nodes = [helper.make_node("Relu", ["b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
        output = helper.make_tensor_value_info("b", TensorProto.FLOAT, [1, 1, 28, 28])
        path = saved(tmp_path / "cycle.onnx", helper.make_graph(nodes, "cycle", [image()], [output]))
        with pytest.raises(FpgaEeError, match="is not a valid ONNX model"):
            read_conditional(path, 16)

    @pytest.mark.parametrize("opset", [0, 999])
    def test_an_unknown_opset(self, tmp_path: Path, opset: int) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1)
        with pytest.raises(FpgaEeError, match=f"is of opset {opset}: the installed onnx knows 1 to"):
            read_conditional(chain_model(tmp_path / "model.onnx", builder, opset), 16)


@given(st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=8), st.integers(0, 12))
def test_requantising_commutes_with_pooling_and_relu(sums: list[int], shift: int) -> None:
    """Why the graph may requantise before pooling although the file does it after."""

    def requantise(total: int) -> int:
        rounded = round(total / 2**shift)  # Python rounds half to even, exactly below 2^53
        return max(0, min(255, rounded))

    assert requantise(max(0, *sums)) == max(requantise(total) for total in sums)
    assert requantise(max(sums)) == max(requantise(total) for total in sums)


def test_a_stage_is_made_of_layers() -> None:
    """Guards the comparison above: different networks must not look the same."""
    first = B_LENET_SE.stages[0]
    cut = replace(first, backbone=chain_of(first.backbone.layers[:1]))
    shorter = HardwareGraph("", (cut, B_LENET_SE.stages[1]))
    assert not same_network(shorter, B_LENET_SE)
