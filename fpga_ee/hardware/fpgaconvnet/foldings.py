"""Foldings that fpgaConvNet's hardware can build."""

from itertools import product

from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise


def feasible(layer: Layer) -> list[Folding]:
    """All foldings of a layer that fpgaConvNet's hardware can build.

    Every coarse factor divides the channels it splits. A window is folded by nothing, by a column of taps or
    by all of them. Layers that treat every word alone take as many streams in as out.
    """
    match layer:
        case Convolution(window=window, groups=groups):
            rows, cols = window.kernel
            return [
                Folding(coarse_in, coarse_out, coarse_group, fine)
                for coarse_in, coarse_out, coarse_group, fine in product(
                    divisors(layer.input.channels // groups),
                    divisors(layer.output.channels // groups),
                    divisors(groups),
                    sorted({1, max(rows, cols) if 1 in (rows, cols) else rows, rows * cols}),
                )
            ]
        case Linear():
            return [
                Folding(coarse_in, coarse_out)
                for coarse_in, coarse_out in product(
                    divisors(layer.input.channels), divisors(layer.output.channels)
                )
            ]
        case Pooling() | Relu() | Requantise():
            return [Folding(coarse, coarse) for coarse in divisors(layer.input.channels)]
