"""Sample IDs: numbers that travel with samples, so that results leave out of order."""

from typing import Annotated

from annotated_types import Interval

SAMPLE_ID_BITS = 16
"""Bits of a sample's ID; it wraps around far beyond the samples that are in flight."""

Depth = Annotated[int, Interval(ge=1, le=1 << SAMPLE_ID_BITS)]
"""Samples that a conditional buffer holds: with more than there are IDs it is never full."""
