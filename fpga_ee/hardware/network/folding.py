"""Foldings: the part of a layer that is computed at once."""

from math import isqrt
from typing import Annotated

from annotated_types import Interval

from fpga_ee.files.schemas import record

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
    """List all divisors of a positive number, ascending."""
    small = [candidate for candidate in range(1, isqrt(number) + 1) if number % candidate == 0]
    return sorted({*small, *(number // candidate for candidate in small)})
