"""Sample IDs: the numbers that samples carry, and how many of them can be told apart."""

from typing import Annotated

from annotated_types import Interval

SAMPLE_ID_BITS = 16
"""Width of a sample's number, which lets results leave out of order; it wraps far beyond those in flight."""

Depth = Annotated[int, Interval(ge=1, le=1 << SAMPLE_ID_BITS)]
"""Samples that a conditional buffer holds. A buffer with more room than there are IDs is never full."""
