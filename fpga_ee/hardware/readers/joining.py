"""ONNX operators that join feature maps: a line for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import frexp

import onnx

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.onnx_files import named
from fpga_ee.errors import NamedError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.addition import Addition, sum_format
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.readers.view import View, data_inputs, plain_name

SumFormat = Callable[[Sequence[FixedPoint], FixedPoint | None], FixedPoint | None]
"""The format that a sum is rounded to, or None where it is not rounded.

It is found from the formats of the summands and from the integers that the file makes of the sum, if it does.
"""

_MONOTONE = ("Relu", "MaxPool", "Clip")
"""Operators that commute with rounding, so that a file may have them in front of it."""


def _sum(
    view: View, node: onnx.NodeProto, summands: Sequence[FeatureMap], format_of: SumFormat
) -> tuple[Layer, ...]:
    """The sum, and its one rounding."""
    shapes = {(each.channels, each.rows, each.cols) for each in summands}
    if len(shapes) > 1:
        sizes = " and ".join("x".join(map(str, shape)) for shape in sorted(shapes))
        raise NamedError(named(node), f" adds feature maps of different shapes, {sizes}")
    formats = [each.format for each in summands]
    sums, name = replace(summands[0], format=sum_format(formats)), plain_name(node)
    addition = Addition(name, tuple(summands), sums)
    rounded = format_of(formats, _rounded_behind(view, node))
    if rounded is None:
        return (addition,)
    return addition, Requantise(f"{name}.requantise", sums, replace(sums, format=rounded))


def is_inner_sum(view: View, node: onnx.NodeProto, end: str) -> bool:
    """Tell whether a sum is read by one other sum alone, which adds all summands and rounds once.

    Args:
        view: The graph that the node is in.
        node: The node.
        end: A tensor that is read elsewhere too.
    """
    readers = view.readers(node.output[0])
    return (
        _is_sum(view, node) and node.output[0] != end and [_is_sum(view, each) for each in readers] == [True]
    )


def feature_maps_read(view: View, node: onnx.NodeProto, end: str) -> list[str]:
    """List the feature maps that a node reads; for a sum, also those of the sums inside it.

    Args:
        view: The graph that the node is in.
        node: The node.
        end: A tensor that is read elsewhere too.
    """
    found: list[str] = []
    for tensor in data_inputs(view, node):
        maker = view.producer(tensor)
        inner = maker is not None and _is_sum(view, node) and is_inner_sum(view, maker, end)
        found += feature_maps_read(view, maker, end) if maker is not None and inner else [tensor]
    return found


def _is_sum(view: View, node: onnx.NodeProto) -> bool:
    return JOINING.get(node.op_type) is _sum and len(data_inputs(view, node)) > 1


def _rounded_behind(view: View, node: onnx.NodeProto) -> FixedPoint | None:
    """The integers that the QuantizeLinear behind a node makes of it; None where there is none."""
    while len(readers := view.readers(node.output[0])) == 1:
        (node,) = readers
        if node.op_type == "QuantizeLinear":
            scale, zero = (view.constant(name) for name in node.input[1:3])
            if scale is None or zero is None or scale.size != 1 or zero.dtype.kind not in "iu":
                raise NamedError(named(node), " has a scale or a zero point that is no constant number")
            frac = 1 - frexp(float(scale.ravel()[0]))[1]
            return FixedPoint(8 * zero.dtype.itemsize, signed=zero.dtype.kind == "i", frac=frac)
        if node.op_type not in _MONOTONE:
            break
    return None


JOINING: Mapping[
    str, Callable[[View, onnx.NodeProto, Sequence[FeatureMap], SumFormat], tuple[Layer, ...]]
] = {
    "Add": _sum,
    "Sum": _sum,
}
"""The layers that each of them becomes: the join first."""
