"""Sample IDs: numbers that travel with samples, so that results may leave out of order."""

from typing import Annotated

from annotated_types import Interval

SAMPLE_ID_BITS = 16
"""Bits of a sample's ID. More samples than there are IDs are never in flight at the same time."""

Depth = Annotated[int, Interval(ge=1, le=1 << SAMPLE_ID_BITS)]
"""Samples that a conditional buffer holds. A buffer with more slots than there are IDs is never full."""
