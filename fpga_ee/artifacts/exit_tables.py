"""Tables of an exit's integer decision, computed once from its threshold and the format of its logits.

``exits/decision.py`` says what is decided by them. All quantities are integers times 2^-SCALE_BITS.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError

SCALE_BITS = 16
"""k of design.md section 5: with 12 bits, up to 17 of 10,000 decisions differ from the exact ones."""

BOUND_ENTRIES = 512
"""Most entries of the entropy bound's table."""

MOST_FRAC = 16
"""Fractional bits of logits, as many as they have bits: a table of a million entries."""


@dataclass(frozen=True, eq=False)
class Top1Tables:
    """Tables of the top-1 decision.

    Attributes:
        exponentials: int32 [entries], round(2^k exp(-d 2^-frac)); the last entry is 0 and stands for every
            larger d.
        bound: ceil(2^k / T), the only number that depends on the threshold.
    """

    exponentials: NDArray[np.int32]
    bound: int


@dataclass(frozen=True, eq=False)
class EntropyTables:
    """Tables of the entropy decision.

    Attributes:
        exponentials: int32 [entries], round(2^k exp(-d 2^-frac)).
        weighted: int32 [entries], round(2^k exp(-d 2^-frac) d 2^-frac).
        bounds: int32 [at most BOUND_ENTRIES + 1], s (T - ln s) at the middle of each step of s.
        shift: log2 of the step of s.
    """

    exponentials: NDArray[np.int32]
    weighted: NDArray[np.int32]
    bounds: NDArray[np.int32]
    shift: int


def decision_tables(criterion: Criterion, threshold: float, logits: FixedPoint) -> Top1Tables | EntropyTables:
    """Compute the tables of a rule on logits of a format.

    Raises:
        FpgaEeError: The logits have so many fractional bits that the tables would be too long.
    """
    if logits.frac > MOST_FRAC:
        raise FpgaEeError(
            f"logits of {logits.frac} fractional bits need a table of 2^{logits.frac + 4} entries: give them "
            f"{MOST_FRAC} at most"
        )
    distances = _until_zero(logits.scale)
    exponentials = _fixed([math.exp(-x) for x in distances])
    if criterion is Criterion.TOP1:
        used = int(np.count_nonzero(exponentials)) + 1
        bound = math.ceil(min(2**SCALE_BITS / threshold, _INT32_MAX))
        return Top1Tables(exponentials[:used], bound)
    weighted = _fixed([math.exp(-x) * x for x in distances])
    bounds, shift = _entropy_bounds(threshold)
    return EntropyTables(exponentials, weighted, bounds, shift)


_INT32_MAX = 2**31 - 1


def _until_zero(step: float) -> list[float]:
    """Distances 0, 1, 2, ... on the grid, up to where even exp(-x) x rounds to 0 (and x > 1, its peak)."""
    distances = [0.0]
    while distances[-1] <= 1 or _fixed([math.exp(-distances[-1]) * distances[-1]])[0]:
        distances.append(len(distances) * step)
    return distances


def _fixed(values: list[float]) -> NDArray[np.int32]:
    """Round to integers times 2^-SCALE_BITS, and stop at the ends of int32."""
    return np.array([round(min(value * 2**SCALE_BITS, _INT32_MAX)) for value in values], dtype=np.int32)


def _entropy_bounds(threshold: float) -> tuple[NDArray[np.int32], int]:
    """Tabulate s (T - ln s) from s = 1 to e^T, where it reaches 0, in steps of a power of two."""
    span = min(math.expm1(min(threshold, 20.0)) * 2**SCALE_BITS, _INT32_MAX)
    shift = max(0, math.ceil(math.log2(max(span, 1) / BOUND_ENTRIES)))
    entries = math.ceil(span / 2**shift)
    middles = [1 + (index * 2**shift + (2**shift - 1) / 2) / 2**SCALE_BITS for index in range(entries)]
    return _fixed([max(s * (threshold - math.log(s)), 0.0) for s in middles] + [0.0]), shift
