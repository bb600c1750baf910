"""Margin: a sample leaves if its largest logit exceeds the second largest by more than the threshold.

The margin of integer logits m is an integer, so "m 2^-frac above T" is  m > floor(T 2^frac)  exactly.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criterion import ABOVE, FLOAT_STEP
from fpga_ee.artifacts.rules.tabulation import INT32_MAX


@dataclass(frozen=True)
class IntegerMargin:
    """Leave iff the largest logit minus the second largest is above the bound.

    Attributes:
        bound: floor(T 2^frac).
    """

    bound: int

    @property
    def constants(self) -> Mapping[str, NDArray[np.int32]]:
        """Constants, as for every integer rule."""
        return {"bound": np.asarray(self.bound, np.int32)}

    def __call__(self, logits: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Find the samples that leave, as for every integer rule."""
        second, largest = np.partition(logits, -2, axis=1)[:, -2:].T
        leaves: NDArray[np.bool_] = largest - second > self.bound
        return leaves


@dataclass(frozen=True)
class Margin:
    """The criterion; a threshold is in units of the logits."""

    name = "margin"
    measured = "largest logit minus the second largest"
    comparison = ABOVE
    strictest = math.inf

    def __str__(self) -> str:
        """Write its name."""
        return self.name

    def check_threshold(self, threshold: float) -> None:
        """Check a threshold, as for every criterion: it is at least 0."""
        if not 0 <= threshold < math.inf:
            raise ValueError(
                f"margin threshold {threshold} is not a finite number of at least 0: "
                "no margin of logits could decide by it"
            )

    def readable(self, threshold: float, digits: int) -> float:
        """Round a threshold, as for every criterion."""
        return float(f"{threshold:.{digits}g}")

    def limits(self, largest: float) -> tuple[float, float]:
        """Give limits, as for every criterion."""
        return 2 * largest + 1, 0.0

    def rounding(
        self,
        measures: NDArray[np.float64],
        logit_error: float,
        classes: int,  # noqa: ARG002 - the same for all
    ) -> NDArray[np.float64]:
        """Bound the effect of rounding, as for every criterion.

        The largest and the second largest logit change by at most the error each. Their difference and the
        threshold are rounded too.
        """
        return 2 * logit_error + FLOAT_STEP * measures

    def integer_rule(self, threshold: float, logits: FixedPoint) -> IntegerMargin:
        """Make the integer rule, as for every criterion.

        A bound needs no table, so every format is possible.
        """
        return IntegerMargin(math.floor(min(threshold / logits.scale, INT32_MAX)))


CRITERION = Margin()
