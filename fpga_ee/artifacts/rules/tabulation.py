"""Tables of exponentials, with which integer rules compute a softmax.

With integer logits z on the grid 2^-frac and distances d_j = max(z) - z_j, a softmax consists of
e_j = exp(-d_j 2^-frac). All quantities are integers times 2^-SCALE_BITS.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError

SCALE_BITS = 16
"""k of the integer rule (docs/design.md).

With 12 bits, up to 17 of 10,000 decisions differ from exact ones.
"""

INT32_MAX = 2**31 - 1

MOST_FRAC = 16
"""Most fractional bits of logits, which is also their width: a table then has a million entries."""

LEAST_DOUBT = 8 / 2**SCALE_BITS
"""The least doubt that a rule can tell from certainty, in steps of 2^-SCALE_BITS.

Each table entry is rounded by up to half a step. So a bound that is only a step or two from certainty would
make another rule than the wanted one.
"""


def grid_until_zero(logits: FixedPoint) -> list[float]:
    """List distances 0, 1, 2, ... on the grid of logits, until exp(-x) x rounds to 0 after its peak.

    Raises:
        FpgaEeError: The logits have so many fractional bits that there would be too many distances.
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
    """Round to integers times 2^-SCALE_BITS, limited to int32."""
    return np.array([round(min(value * 2**SCALE_BITS, INT32_MAX)) for value in values], dtype=np.int32)


def distances(logits: NDArray[np.integer[Any]], table: NDArray[np.int32]) -> NDArray[np.integer[Any]]:
    """Compute the distance of each logit from the largest of its sample, as an index into a table.

    Args:
        logits: Integers [N, classes].
        table: The table; its last entry stands for every larger distance.

    Returns:
        Integers [N, classes].
    """
    below = logits.max(axis=1, keepdims=True) - logits
    indices: NDArray[np.integer[Any]] = np.minimum(below, len(table) - 1)
    return indices
