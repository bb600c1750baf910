"""Nodes of a normalised copy, in the ONNX form that fpgaConvNet's own parser reads correctly."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.window import Window


@dataclass(frozen=True)
class OnnxNodes:
    """The nodes of a layer in a chain.

    Attributes:
        nodes: Its nodes, each of which reads the output of the one before.
        weights: The initializers that they read.
    """

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)


def node(operator: str, layer: Layer, inputs: list[str], **attributes: Any) -> onnx.NodeProto:
    """Make the node that gives a layer's output."""
    return helper.make_node(operator, inputs, [f"{layer.name}.out"], layer.name, **attributes)


def window_attributes(window: Window) -> dict[str, Any]:
    """Write a window as ONNX attributes, all of them explicit."""
    return {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": list(window.padding),
    }


def weight_tensors(layer: Convolution | Linear, shape: tuple[int, ...]) -> list[onnx.TensorProto]:
    """Make weights as float32, and a bias where the layer has one. Unknown ones are zero.

    Args:
        layer: The layer.
        shape: Shape of the weights; the bias has the first dimension.
    """
    weight = _values(layer.weight, shape, layer.weight_format)
    found = [numpy_helper.from_array(weight, f"{layer.name}.weight")]
    if layer.bias_format is not None:
        bias = _values(layer.bias, shape[:1], layer.bias_format)
        found.append(numpy_helper.from_array(bias, f"{layer.name}.bias"))
    return found


def _values(
    values: NDArray[np.generic] | None, shape: tuple[int, ...], format_: FixedPoint
) -> NDArray[np.float32]:
    if values is None:
        return np.zeros(shape, dtype=np.float32)
    scale = 2.0**-format_.frac if np.issubdtype(values.dtype, np.integer) else 1.0
    return (values.astype(np.float32) * np.float32(scale)).reshape(shape)
