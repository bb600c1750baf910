"""Foldings: how much of a layer is computed at once."""

from itertools import product
from math import isqrt
from typing import Annotated

from annotated_types import Interval

from fpga_ee.files.schemas import record
from fpga_ee.hardware.network.graph import Convolution, Layer, Linear, Pooling, Relu, Requantise

Factor = Annotated[int, Interval(ge=1, le=1_000_000)]


@record
class Folding:
    """The parallelism of one layer, in fpgaConvNet's words.

    Attributes:
        coarse_in: Parallel input channels (of a group).
        coarse_out: Parallel output channels (of a group).
        coarse_group: Parallel groups of a grouped convolution.
        fine: Parallel taps of a convolution's window.
    """

    coarse_in: Factor = 1
    coarse_out: Factor = 1
    coarse_group: Factor = 1
    fine: Factor = 1

    @property
    def streams_in(self) -> int:
        """Words that enter in one cycle."""
        return self.coarse_in * self.coarse_group

    @property
    def streams_out(self) -> int:
        """Words that leave in one cycle."""
        return self.coarse_out * self.coarse_group


def divisors(number: int) -> list[int]:
    """All divisors of a positive number, ascending."""
    small = [candidate for candidate in range(1, isqrt(number) + 1) if number % candidate == 0]
    return sorted({*small, *(number // candidate for candidate in small)})


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
