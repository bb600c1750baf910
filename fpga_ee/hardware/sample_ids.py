"""Sample IDs: numbers that travel with samples, so that results may leave out of order."""

from typing import Annotated

from annotated_types import Interval

from fpga_ee.errors import FpgaEeError

SAMPLE_ID_BITS = 16
"""Bits of a sample's ID. More samples than there are IDs are never in flight at the same time."""

Depth = Annotated[int, Interval(ge=1, le=1 << SAMPLE_ID_BITS)]
"""Samples that a conditional buffer holds. A buffer with more slots than there are IDs is never full."""


def check_depth(samples: int) -> None:
    """Check the depth of a conditional buffer.

    Raises:
        FpgaEeError: It holds no sample, or more than there are IDs.
    """
    if samples < 1:
        raise FpgaEeError(f"a conditional buffer of {samples} samples deadlocks: it must hold at least 1")
    if samples > 1 << SAMPLE_ID_BITS:
        raise FpgaEeError(
            f"a conditional buffer of {samples:,} samples is never full, since there are "
            f"{1 << SAMPLE_ID_BITS:,} IDs: give it fewer"
        )
