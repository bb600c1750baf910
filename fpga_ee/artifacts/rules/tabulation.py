"""Tables of exponentials, by which integer rules know a softmax.

With integer logits z on the grid 2^-frac and distances d_j = max(z) - z_j, a softmax is made of
e_j = exp(-d_j 2^-frac). All quantities are held as integers times 2^-SCALE_BITS.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError

SCALE_BITS = 16
"""k of design.md section 5: with 12 bits, up to 17 of 10,000 decisions differ from the exact ones."""

INT32_MAX = 2**31 - 1

MOST_FRAC = 16
"""Fractional bits of logits, as many as they have bits: a table of a million entries."""

LEAST_DOUBT = 8 / 2**SCALE_BITS
"""The least doubt that is told from certainty, in steps of 2^-SCALE_BITS.

Each table entry is rounded by up to half a step, so a bound a step or two away from certainty would be
another rule than the one that is asked for.
"""


def grid_until_zero(logits: FixedPoint) -> list[float]:
    """Distances 0, 1, 2, ... on the grid of logits, up to where even exp(-x) x rounds to 0 beyond its peak.

    Raises:
        FpgaEeError: The logits have so many fractional bits that there would be too many.
    """
    if logits.frac > MOST_FRAC:
        raise FpgaEeError(
            f"logits of {logits.frac} fractional bits need a table of 2^{logits.frac + 4} entries: give them "
            f"{MOST_FRAC} at most"
        )
    distances = [0.0]
    while distances[-1] <= 1 or fixed([math.exp(-distances[-1]) * distances[-1]])[0]:
        distances.append(len(distances) * logits.scale)
    return distances


def fixed(values: list[float]) -> NDArray[np.int32]:
    """Round to integers times 2^-SCALE_BITS, and stop at the ends of int32."""
    return np.array([round(min(value * 2**SCALE_BITS, INT32_MAX)) for value in values], dtype=np.int32)


def distances(logits: NDArray[np.integer[Any]], table: NDArray[np.int32]) -> NDArray[np.integer[Any]]:
    """Distance of each logit from the largest of its sample, as an index into a table.

    Args:
        logits: Integers [N, classes].
        table: Its last entry stands for every larger distance.

    Returns:
        Integers [N, classes].
    """
    below = logits.max(axis=1, keepdims=True) - logits
    indices: NDArray[np.integer[Any]] = np.minimum(below, len(table) - 1)
    return indices
