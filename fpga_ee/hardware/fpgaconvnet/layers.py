"""One layer in fpgaConvNet's model: its own figures, and the resources that we count."""

from math import ceil
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet import units
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.search.target import Published

NOTES = tuple(
    " ".join(note.split())
    for note in (
        """LUT, FF, DSP and BRAM of convolution, pooling and linear layers are fpgaConvNet's. Intervals,
        latencies, ReLU, requantisation, bias adders, width converters and early-exit units are our own
        model.""",
        """fpgaConvNet counts its bias module where a layer has no bias and leaves it out where it has one. It
        is left out everywhere here, and an adder per output stream counted instead.""",
        """fpgaConvNet spends at least one BRAM on every buffer, also on those of a few words that hardware
        keeps in LUTs, so its BRAM figures are high.""",
        """fpgaConvNet's LUT and FF of a convolution do not depend on how many taps are parallel.""",
    )
)
"""What must be known to read the figures; printed with them."""


def published(layer: Convolution | Pooling | Linear, folding: Folding) -> Published:
    """Figures of fpgaConvNet itself, as its parser would set the layer up.

    Its interval counts the padding of a convolution twice.
    """
    hardware = build(layer, folding)
    if not isinstance(layer, Pooling):
        hardware.has_bias = int(layer.bias_format is not None)
    # Its rates are fractions in floating point, so whole numbers of cycles come out nearly whole.
    return Published(_resources(hardware), round(hardware.latency()))


def resources(layer: Layer, folding: Folding) -> Resources:
    """Resources of a layer: fpgaConvNet's where it has a model, our own for what it leaves out.

    Raises:
        FpgaEeError: fpgaconvnet-model is missing or cannot represent the layer.
    """
    match layer:
        case Convolution() | Linear():
            total = _resources(build(layer, folding))
            if layer.bias_format is not None:
                total += units.bias_adder(layer.output, folding.streams_out)
            return total
        case Pooling():
            return _resources(build(layer, folding))
        case Relu():
            return units.relu(layer, folding.streams_out)
        case Requantise():
            return units.requantise(layer, folding.streams_out)


def build(layer: Convolution | Pooling | Linear, folding: Folding) -> Any:
    """Make fpgaConvNet's object for a layer, with the layer's widths and without its bias module.

    Raises:
        FpgaEeError: fpgaconvnet-model is missing, or a word is wider than its memories take.
    """
    found = modules()
    shape = {"rows": layer.input.rows, "cols": layer.input.cols, "channels": layer.input.channels}
    _check_width(layer)
    match layer:
        case Pooling(window=window):
            hardware = found.linear.PoolingLayer(
                **shape,
                coarse=folding.coarse_in,
                kernel_size=list(window.kernel),
                stride=list(window.stride),
                pad=list(window.padding),
                data_width=layer.input.format.bits,
            )
            # The layer keeps its width to itself; its modules stay at 16 bits unless told.
            for module in hardware.modules.values():
                module.data_width = layer.input.format.bits
            return hardware
        case Convolution(window=window):
            return found.layers.ConvolutionLayer(
                layer.output.channels,
                **shape,
                coarse_in=folding.coarse_in,
                coarse_out=folding.coarse_out,
                coarse_group=folding.coarse_group,
                kernel_size=list(window.kernel),
                stride=list(window.stride),
                pad=list(window.padding),
                groups=layer.groups,
                fine=folding.fine,
                **_widths(layer),
            )
        case Linear():
            return found.linear.InnerProductLayer(
                layer.output.channels,
                **shape,
                coarse_in=folding.coarse_in,
                coarse_out=folding.coarse_out,
                **_widths(layer),
            )


def _widths(layer: Convolution | Linear) -> dict[str, int]:
    return {
        "input_width": layer.input.format.bits,
        "output_width": layer.input.format.bits,
        "weight_width": layer.weight_format.bits,
        "acc_width": layer.output.format.bits,
        "biases_width": layer.bias_format.bits if layer.bias_format else layer.weight_format.bits,
        "has_bias": 1,  # which is how the wheel is told to leave its bias module out
    }


def _check_width(layer: Convolution | Pooling | Linear) -> None:
    widest = max(layer.input.format.bits, layer.output.format.bits)
    if widest > 36:
        raise FpgaEeError(
            f"layer {layer.name} has words of {widest} bits, but fpgaConvNet's memories take 36 at most: "
            "estimate it at a smaller width"
        )


def _resources(hardware: Any) -> Resources:
    used = hardware.resource()
    return Resources(*(ceil(used[name]) for name in ("LUT", "FF", "DSP", "BRAM")))
