"""fpgaConvNet's own objects of layers: their arguments, and the figures that they give."""

from math import ceil
from typing import Any

from fpga_ee.errors import NamedError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.search.target import PublishedFigures

MOST_BITS = 36
"""The widest word of fpgaConvNet's memories."""


def shape_of(layer: Layer) -> dict[str, int]:
    """Write a layer's input as arguments of the wheel.

    Raises:
        FpgaEeError: A word of the layer is wider than fpgaConvNet's memories.
    """
    (entering,) = layer.inputs
    widest = max(entering.format.bits, layer.output.format.bits)
    if widest > MOST_BITS:
        raise NamedError(
            f"layer {layer.name}",
            f" has words of {widest} bits, but fpgaConvNet's memories take {MOST_BITS} at "
            "most: estimate it at a smaller width",
        )
    return {"rows": entering.rows, "cols": entering.cols, "channels": entering.channels}


def widths_of(layer: Convolution | Linear) -> dict[str, int]:
    """Write the widths of a layer that multiplies as arguments of the wheel, without its bias module."""
    return {
        "input_width": layer.input.format.bits,
        "output_width": layer.input.format.bits,
        "weight_width": layer.weight_format.bits,
        "acc_width": layer.output.format.bits,
        "biases_width": layer.bias_format.bits if layer.bias_format else layer.weight_format.bits,
        "has_bias": 1,  # the wheel leaves its bias module out where there is a bias
    }


def as_parsed(hardware: Any, layer: Convolution | Linear) -> Any:
    """Tell the wheel's object whether the layer has a bias, as the wheel's parser does."""
    hardware.has_bias = int(layer.bias_format is not None)
    return hardware


def used_by(hardware: Any) -> Resources:
    """Read the resources of an object of the wheel."""
    used = hardware.resource()
    return Resources(*(ceil(used[name]) for name in ("LUT", "FF", "DSP", "BRAM")))


def published_of(hardware: Any) -> PublishedFigures:
    """Read resources and interval of an object of the wheel."""
    # The wheel's rates are fractions in floating point, so numbers of cycles are only nearly whole.
    return PublishedFigures(used_by(hardware), round(hardware.latency()))
