"""A dilated convolution as one of a larger window, with weights of 0 between its taps.

Hardware has no window that leaves positions out. A weight of 0 in a memory is multiplied like any other, so
the layer takes as long, and as many multipliers, as one of the larger window. A constant 0 costs nothing.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import MOST_WORDS
from fpga_ee.hardware.readers.view import Array


def reach(kernel: Sequence[int], dilations: Sequence[int]) -> tuple[int, ...]:
    """Rows and columns from the first tap of a window to the last, both included."""
    return tuple((size - 1) * step + 1 for size, step in zip(kernel, dilations, strict=False))


def undilated(weight: Array, dilations: Sequence[int]) -> Array:
    """Put zeros between the taps.

    Args:
        weight: [filters, channels, rows, cols].
        dilations: Rows and columns from one tap to the next.

    Raises:
        FpgaEeError: A dilation is below 1, or there are too many weights then.
    """
    if min(dilations) < 1:
        raise FpgaEeError(f"dilations {list(dilations)} cannot be: they are 1 at least")
    shape = (*weight.shape[:2], *reach(weight.shape[2:], dilations))
    if prod(shape) > MOST_WORDS:
        raise FpgaEeError(
            f"with dilations {list(dilations)} it has {prod(shape):,} weights, which are too many"
        )
    spread = np.zeros(shape, weight.dtype)
    spread[:, :, :: dilations[0], :: dilations[1]] = weight
    return spread
