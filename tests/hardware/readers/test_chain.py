"""The hardware graph is the network in the files; a layer that cannot be built is refused by name."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.onnx_files import Builder, chain_model, conditional_model, image, saved
from helpers.small_layers import SUM
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.artifacts.onnx_files import read_foreign
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.readers.chain import read_chain
from fpga_ee.hardware.readers.conditional_model import read_conditional
from fpga_ee.hardware.readers.view import View


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"dilations": [10**9, 1]}, r"a window of \[2000000001, 3\] .* cannot be: all are 256 at most"),
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
        ("MaxPool", {"kernel_shape": [3, 3], "ceil_mode": 1}, "MaxPool other: ceil_mode .* pads at the end"),
        ("MaxPool", {"kernel_shape": [3, 3], "dilations": [2, 2]}, "MaxPool other: dilations"),
        ("AveragePool", {"kernel_shape": [2, 2]}, "AveragePool other is not supported"),
        ("Sigmoid", {}, "Sigmoid other is not supported"),
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


def test_a_residual_addition_of_a_conditional_model_is_refused(tmp_path: Path) -> None:
    builder = Builder("image").conv("conv", (1, 1), 3, 1).node("Add", "image", name="residual")
    with pytest.raises(
        FpgaEeError, match="Add residual joins 2 tensors: of a model made elsewhere, only chains"
    ):
        read_conditional(chain_model(tmp_path / "model.onnx", builder), 16)


@pytest.mark.parametrize("operator", ["Mul", "Sub", "Concat"])
def test_other_joins_are_refused(tmp_path: Path, operator: str) -> None:
    builder = Builder("image").conv("conv", (1, 1), 3, 1)
    builder.node(operator, "image", name="join", **({"axis": 1} if operator == "Concat" else {}))
    with pytest.raises(FpgaEeError, match=f"{operator} join joins 2 tensors"):
        read_conditional(chain_model(tmp_path / "model.onnx", builder), 16)


def test_a_dilated_convolution_has_a_larger_window(tmp_path: Path) -> None:
    builder = Builder("image")
    weight = builder.weight("conv.weight", 4, 1, 3, 2)
    attributes = {"pads": [2, 1, 0, 3], "strides": [2, 1], "dilations": [3, 2]}
    builder.node("Conv", weight, name="conv", kernel_shape=[3, 2], **attributes)
    formats = LayerFormats(WORD, WORD, WORD, WORD)
    (layer, _), _ = read_chain(*whole(builder, tmp_path), IMAGE, lambda _: formats)
    assert isinstance(layer, Convolution)
    assert layer.window == Window((7, 3), (2, 1), (2, 1, 0, 3))
    assert (layer.output.rows, layer.output.cols) == (12, 30)
    assert layer.weight is not None
    assert layer.weight.shape == (4, 1, 7, 3)


def test_a_global_max_pooling_is_one_window_over_the_whole_map(tmp_path: Path) -> None:
    builder = Builder("image").node("GlobalMaxPool", name="pool")
    (layer,), leaving = read_chain(*whole(builder, tmp_path), IMAGE, lambda _: pytest.fail("no layer"))
    assert layer == Pooling("pool", IMAGE, leaving, Window((28, 28)))
    assert (leaving.channels, leaving.rows, leaving.cols) == (1, 1, 1)


def test_each_side_of_a_pooling_is_padded_by_itself(tmp_path: Path) -> None:
    window = {"kernel_shape": [3, 3], "strides": [2, 4], "pads": [0, 1, 2, 0]}
    builder = Builder("image").node("MaxPool", name="pool", **window)
    (layer,), leaving = read_chain(*whole(builder, tmp_path), IMAGE, lambda _: pytest.fail("no layer"))
    assert layer == Pooling("pool", IMAGE, leaving, Window((3, 3), (2, 4), (0, 1, 2, 0)))
    assert (leaving.rows, leaving.cols) == (14, 7)


IMAGE = FeatureMap(1, 28, 28, FixedPoint(8, signed=True, frac=4))


def whole(builder: Builder, folder: Path) -> tuple[View, list[onnx.NodeProto]]:
    view = View(read_foreign(chain_model(folder / "model.onnx", builder)).graph)
    return view, list(view.graph.node)


WORD = FixedPoint(8, signed=True, frac=4)
"""-8 to 7.9375."""


class TestClip:
    """A clip is the bounds of the rounding before it."""

    def read(
        self, before: Sequence[str], low: float | None, high: float | None, path: Path
    ) -> tuple[Layer, ...]:
        """A convolution, operators of some kinds, a clip and the rounding."""
        builder = Builder("image").conv("conv", (1, 1), 3, 1)
        for number, operator in enumerate(before):
            window = {"kernel_shape": [2, 2]} if operator == "MaxPool" else {}
            builder.node(operator, name=f"before_{number}", **window)
        bounds = [
            "" if bound is None else builder.constant(name, bound, np.float32)
            for name, bound in (("low", low), ("high", high))
        ]
        builder.node("Clip", *bounds, name="clip")
        grid = builder.constant("scale", WORD.scale, np.float32), builder.constant("zero", 0, np.int8)
        builder.node("QuantizeLinear", *grid, name="quantize")
        builder.node("DequantizeLinear", *grid, name="dequantize")
        view = View(read_foreign(chain_model(path, builder)).graph)
        entering = FeatureMap(1, 28, 28, FixedPoint(8, signed=False, frac=8))
        formats = LayerFormats(entering.format, WORD, SUM, WORD)
        return read_chain(view, list(view.graph.node), entering, lambda _: formats)[0]

    def bounds(self, layers: tuple[Layer, ...]) -> tuple[int, int]:
        (rounding,) = (layer for layer in layers if isinstance(layer, Requantise))
        return rounding.low, rounding.high

    @pytest.mark.parametrize(
        ("low", "high", "words"),
        [
            (0, 6, (0, 96)),
            (-1, 2, (-16, 32)),
            (None, 2, (-128, 32)),
            (0.5, None, (8, 127)),
            # Off the grid: rounded half to even, like the words.
            (-1.03125, 1.03125, (-16, 16)),
            (-1.09375, 1.09375, (-18, 18)),
            (0.3, 0.4, (5, 6)),
            # The second bound is the last word, as in ONNX.
            (2, 1, (16, 16)),
        ],
    )
    def test_bounds_are_rounded_as_words_are(
        self, low: float | None, high: float | None, words: tuple[int, int], tmp_path: Path
    ) -> None:
        layers = self.read([], low, high, tmp_path / "model.onnx")
        assert self.bounds(layers) == words
        assert [type(layer) for layer in layers] == [Convolution, Requantise]

    @pytest.mark.parametrize(("low", "high"), [(-8, 7.9375), (-9, 9), (None, 7.9375), (-8, None)])
    def test_the_ends_of_the_format_or_beyond_hold_nothing_back(
        self, low: float | None, high: float | None, tmp_path: Path
    ) -> None:
        layers = self.read(["Relu"], low, high, tmp_path / "model.onnx")
        assert self.bounds(layers) == (WORD.low, WORD.high)
        assert [type(layer) for layer in layers] == [Convolution, Requantise, Relu]

    @pytest.mark.parametrize(
        ("before", "words", "kinds"),
        [
            (["MaxPool"], (-16, 32), [Pooling]),
            (["Relu"], (0, 32), []),
            (["MaxPool", "Relu"], (0, 32), [Pooling]),
            (["Relu", "MaxPool", "MaxPool"], (0, 32), [Pooling, Pooling]),
        ],
    )
    def test_poolings_in_between_stay_and_relus_are_bounds_too(
        self, before: list[str], words: tuple[int, int], kinds: list[type[Layer]], tmp_path: Path
    ) -> None:
        layers = self.read(before, -1, 2, tmp_path / "model.onnx")
        assert self.bounds(layers) == words
        assert [type(layer) for layer in layers] == [Convolution, Requantise, *kinds]

    def test_behind_a_relu_everything_may_be_below_zero(self, tmp_path: Path) -> None:
        assert self.bounds(self.read(["Relu"], -3, -2, tmp_path / "model.onnx")) == (-32, -32)

    def test_of_the_input_or_a_branch_is_refused_by_name(self, tmp_path: Path) -> None:
        builder = Builder("image")
        bounds = builder.constant("low", 0, np.float32), builder.constant("high", 6, np.float32)
        builder.node("Clip", *bounds, name="clip").linear("fc", (784, 10))
        with pytest.raises(FpgaEeError, match="clip clips to 0 and 6: hardware has clips only behind a"):
            read_conditional(chain_model(tmp_path / "model.onnx", builder), 16)

    def test_bounds_that_are_computed_are_refused_by_name(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 1), 3, 1)
        largest = builder.tensor
        builder.nodes.append(helper.make_node("ReduceMax", [largest], ["most"], keepdims=0))
        builder.node("Clip", "", "most", name="clip")
        view = View(read_foreign(chain_model(tmp_path / "model.onnx", builder)).graph)
        nodes = [node for node in view.graph.node if node.op_type != "ReduceMax"]
        entering = FeatureMap(1, 28, 28, WORD)
        formats = LayerFormats(WORD, WORD, SUM, WORD)
        with pytest.raises(FpgaEeError, match="Clip clip: its bound most must be a constant number"):
            read_chain(view, nodes, entering, lambda _: formats)

    def test_attributes_of_old_files_are_bounds(self, tmp_path: Path) -> None:
        builder = Builder("image").conv("conv", (1, 4), 3, 1).node("Clip", name="clip", min=0.0, max=6.0)
        builder.linear("fc", (4 * 784, 10))
        graph = read_conditional(chain_model(tmp_path / "model.onnx", builder, opset=9), 16)
        assert self.bounds(graph.stages[0].backbone.layers) == (0, 6 * 256)


class TestBadFiles:
    def test_several_outputs(self, tmp_path: Path) -> None:
        """For example the file of all exits beside an export's stages."""
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
    """So the graph may requantise before pooling although the file does it after."""

    def requantise(total: int) -> int:
        rounded = round(total / 2**shift)  # Python rounds half to even, exactly below 2^53
        return max(0, min(255, rounded))

    assert requantise(max(0, *sums)) == max(requantise(total) for total in sums)
    assert requantise(max(sums)) == max(requantise(total) for total in sums)


def test_a_convolution_in_a_billion_groups_is_refused_at_once(tmp_path: Path) -> None:
    builder = Builder("image")
    builder.weights.append(numpy_helper.from_array(np.zeros((10, 1, 3, 3), np.float32), "conv.weight"))
    builder.node("Conv", "conv.weight", name="conv", kernel_shape=[3, 3], group=10**9)
    path = chain_model(tmp_path / "model.onnx", builder.linear("fc", (784, 10)))
    started = time.process_time()
    with pytest.raises(FpgaEeError, match="in 1000000000 groups do not fit an input of 1x28x28"):
        read_conditional(path, 16)
    assert time.process_time() - started < 5
