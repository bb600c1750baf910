"""The nodes between two tensors become layers with forks and joins."""

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.layers.addition import Addition, sum_format
from fpga_ee.hardware.readers.stage_layers import Formats, read_layers
from fpga_ee.hardware.readers.view import View

WORD = FixedPoint(8, signed=True, frac=4)
ROUNDED = FixedPoint(8, signed=False, frac=3)
POOL = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}


def node(operator: str, inputs: str, output: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(operator, inputs.split(), [output], name=output, **attributes)


def read(*nodes: onnx.NodeProto, start: str = "image", end: str = "end") -> LayerGraph:
    """The layers of a graph that begins with an image of 2 x 4 x 4 words."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 2, 4, 4])
    output = helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, 2, 4, 4])
    scale = numpy_helper.from_array(np.array(2.0**-3, np.float32), "scale")
    zero = numpy_helper.from_array(np.array(0, np.uint8), "zero")
    view = View(helper.make_graph(list(nodes), "graph", [image], [output], [scale, zero]))
    formats = Formats(lambda _: pytest.fail("no layer multiplies"), lambda _, rounded: rounded)
    return read_layers(view, start, end, FeatureMap(2, 4, 4, WORD), formats)


def sources(layers: LayerGraph) -> dict[str, Sequence[str | None]]:
    return {one.layer.name: one.sources for one in layers.nodes}


SHORTCUT = (node("Relu", "image", "relu"), node("MaxPool", "relu", "pool", **POOL))


def test_a_fork_and_a_join_read_the_layers_that_the_nodes_read() -> None:
    found = read(*SHORTCUT, node("Add", "pool relu", "end"))
    assert sources(found) == {"relu": (None,), "pool": ("relu",), "end": ("pool", "relu")}
    addition = found.layers[-1]
    assert isinstance(addition, Addition)
    assert addition.output.format == sum_format([WORD, WORD])


def test_sums_in_a_row_are_one_addition() -> None:
    found = read(*SHORTCUT, node("Add", "pool relu", "inner"), node("Add", "inner image", "end"))
    assert sources(found) == {"relu": (None,), "pool": ("relu",), "end": ("pool", "relu", None)}


def test_a_sum_that_is_added_to_itself_reads_its_summands_twice() -> None:
    found = read(*SHORTCUT, node("Add", "pool relu", "inner"), node("Add", "inner inner", "end"))
    assert sources(found)["end"] == ("pool", "relu", "pool", "relu")


def test_a_sum_that_another_operator_reads_too_is_an_addition_of_its_own() -> None:
    found = read(
        *SHORTCUT,
        node("Add", "pool relu", "inner"),
        node("MaxPool", "inner", "largest", **POOL),
        node("Add", "inner largest", "end"),
    )
    assert sources(found)["inner"] == ("pool", "relu")
    assert sources(found)["end"] == ("inner", "largest")


def test_a_sum_is_rounded_to_the_integers_of_the_file_before_the_pooling_behind_it() -> None:
    found = read(
        *SHORTCUT,
        node("Add", "pool relu", "sum"),
        node("MaxPool", "sum", "largest", **POOL),
        node("QuantizeLinear", "largest scale zero", "end"),
    )
    assert sources(found) == {
        "relu": (None,),
        "pool": ("relu",),
        "sum": ("pool", "relu"),
        "sum.requantise": ("sum",),
        "largest": ("sum.requantise",),
    }
    assert found.output.format == ROUNDED


def test_several_are_added_at_once_and_the_image_may_be_among_them() -> None:
    found = read(*SHORTCUT, node("Sum", "pool image relu", "end"))
    assert sources(found)["end"] == ("pool", None, "relu")
    assert found.layers[-1].output.format == sum_format([WORD] * 3)


def test_a_sum_of_a_sum_is_rounded_once() -> None:
    found = read(
        *SHORTCUT,
        node("Add", "pool relu", "sum"),
        node("Add", "sum image", "total"),
        node("QuantizeLinear", "total scale zero", "end"),
    )
    assert [layer.name for layer in found.layers] == ["relu", "pool", "total", "total.requantise"]


def test_a_feature_map_may_be_added_to_itself() -> None:
    assert sources(read(node("Add", "image image", "end"))) == {"end": (None, None)}
    found = read(node("Relu", "image", "relu"), node("Add", "relu relu", "end"))
    assert sources(found) == {"relu": (None,), "end": ("relu", "relu")}


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            [node("Mul", "image image", "end")],
            "Mul end joins 2 .* the hardware has Add and Sum",
        ),
        (
            [
                node("MaxPool", "image", "small", kernel_shape=[2, 2], strides=[2, 2]),
                node("Add", "image small", "end"),
            ],
            "Add end adds feature maps of different shapes, 2x2x2 and 2x4x4",
        ),
        ([node("Add", "image other", "end")], "end depends on other, and not only on image"),
    ],
)
def test_other_joins_are_refused(nodes: list[onnx.NodeProto], message: str) -> None:
    with pytest.raises(FpgaEeError, match=message):
        read(*nodes)
