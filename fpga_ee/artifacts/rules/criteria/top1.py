"""Top-1: a sample leaves if its largest softmax probability is above the threshold.

With e_j = exp(-d_j), d_j the distance of logit j from the largest, this probability is 1 / sum e_j. So "above
T" is  sum e_j < 1 / T.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criterion import ABOVE, FLOAT_STEP
from fpga_ee.artifacts.rules.tabulation import (
    INT32_MAX,
    LEAST_DOUBT,
    SCALE_BITS,
    distances,
    fixed,
    grid_until_zero,
)


@dataclass(frozen=True, eq=False)
class IntegerTop1:
    """Leave iff the sum of exponentials[d] over all logits is below the bound.

    Attributes:
        exponentials: int32 [entries], round(2^k exp(-d 2^-frac)); the last entry is 0 and stands for every
            larger d.
        bound: ceil(2^k / T), the only number that depends on the threshold.
    """

    exponentials: NDArray[np.int32]
    bound: int

    @property
    def constants(self) -> Mapping[str, NDArray[np.int32]]:
        """Constants, as for every integer rule; ``last`` is the last index of the table."""
        return {
            "exponentials": self.exponentials,
            "last": np.asarray(len(self.exponentials) - 1, np.int32),
            "bound": np.asarray(self.bound, np.int32),
        }

    def __call__(self, logits: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Find the samples that leave, as for every integer rule."""
        total = self.exponentials[distances(logits, self.exponentials)].sum(axis=1)
        leaves: NDArray[np.bool_] = total < self.bound
        return leaves


@dataclass(frozen=True)
class Top1:
    """The criterion; a threshold is a probability."""

    name = "top1"
    measured = "largest softmax probability"
    comparison = ABOVE
    strictest = 1 / (1 + LEAST_DOUBT)

    def __str__(self) -> str:
        """Write its name."""
        return self.name

    def check_threshold(self, threshold: float) -> None:
        """Check a threshold, as for every criterion: it lies between 0 and 1."""
        if not 0 < threshold < 1:
            raise ValueError(
                f"top-1 threshold {threshold} is not between 0 and 1 (both excluded): "
                "no softmax probability could decide by it"
            )

    def readable(self, threshold: float, digits: int) -> float:
        """Round a threshold, as for every criterion.

        The distance from 1 is rounded, because confident samples lie near 1.
        """
        doubt = float(f"{max(1 - threshold, 1e-12):.{digits}g}")
        return round(1 - min(doubt, 1 - 1e-12), 15)

    def limits(self, largest: float) -> tuple[float, float]:  # noqa: ARG002 - probabilities have their own
        """Give limits, as for every criterion."""
        return 1.0, 0.0

    def rounding(
        self,
        measures: NDArray[np.float64],  # noqa: ARG002 - the same for all
        logit_error: float,
        classes: int,
    ) -> float:
        """Bound the effect of rounding, as for every criterion.

        The largest probability p changes by at most p (1 - p) 2 error <= error / 2. The softmax itself is
        rounded too.
        """
        return 0.5 * logit_error + classes * FLOAT_STEP

    def integer_rule(self, threshold: float, logits: FixedPoint) -> IntegerTop1:
        """Make the integer rule, as for every criterion."""
        bound = math.ceil(min(2**SCALE_BITS / threshold, INT32_MAX))
        return IntegerTop1(exponentials(logits), bound)


def exponentials(logits: FixedPoint) -> NDArray[np.int32]:
    """Tabulate exp(-x) over the distances of logits of a format, with one 0 at the end: int32 [entries].

    Raises:
        FpgaEeError: The format has too many fractional bits.
    """
    table = fixed([math.exp(-x) for x in grid_until_zero(logits)])
    return table[: np.count_nonzero(table) + 1]


CRITERION = Top1()
