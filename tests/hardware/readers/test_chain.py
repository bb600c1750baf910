"""The hardware graph is what the files say; what cannot be built is refused by name."""

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.onnx_files import Builder, chain_model, conditional_model, image, saved
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.onnx_files import read_foreign
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.chain import read_chain
from fpga_ee.hardware.readers.conditional_model import read_conditional
from fpga_ee.hardware.readers.view import View


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
        ("MaxPool", {"kernel_shape": [3, 3], "ceil_mode": 1}, "MaxPool other: ceil_mode .* pads at the end"),
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


def test_a_convolution_in_a_billion_groups_is_refused_at_once(tmp_path: Path) -> None:
    builder = Builder("image")
    builder.weights.append(numpy_helper.from_array(np.zeros((10, 1, 3, 3), np.float32), "conv.weight"))
    builder.node("Conv", "conv.weight", name="conv", kernel_shape=[3, 3], group=10**9)
    path = chain_model(tmp_path / "model.onnx", builder.linear("fc", (784, 10)))
    started = time.process_time()
    with pytest.raises(FpgaEeError, match="in 1000000000 groups do not fit an input of 1x28x28"):
        read_conditional(path, 16)
    assert time.process_time() - started < 5
