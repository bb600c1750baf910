"""Thresholds to try of every criterion, with those at the ends of its range."""

import math
from dataclasses import dataclass

from hypothesis import strategies as st

THRESHOLDS: dict[str, st.SearchStrategy[float]] = {
    "top1": st.one_of(
        st.floats(1e-6, 1 - 1e-6), st.sampled_from([5e-324, 1e-12, 1e-5, 0.5, 1 - 1e-5, 1 - 1e-12])
    ),
    "entropy": st.one_of(
        st.floats(1e-6, 3), st.sampled_from([5e-324, 1e-12, 1e-5, math.log(2), 20.0, 50.0, 1e307])
    ),
    "margin": st.one_of(st.floats(0, 50), st.sampled_from([0.0, 5e-324, 1 / 16, 1023.75, 65535.0, 1e307])),
}

TOLD = {
    "top1": (0.00013, 0.99987),
    "entropy": (0.00013, 3.0),
    "margin": (0.0, 1e6),
}
"""The strictest and loosest thresholds that the integer decision can tell, as far as networks are tried."""

LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Extremes:
    """Values of a constant of a decision file: one by which nobody leaves, one by which all do."""

    constant: str
    nobody: int
    everybody: int


EXTREMES = {
    "top1": Extremes("bound", 0, LARGEST),
    "entropy": Extremes("bounds", 0, LARGEST),
    "margin": Extremes("bound", LARGEST, -1),
}
