"""Entropy: a sample leaves if the entropy of its softmax, in nats, is below the threshold.

With e_j = exp(-d_j), d_j the distance of logit j from the largest, and s = sum e_j, the entropy is
ln s + sum(e_j d_j) / s. So "below T" is  sum(e_j d_j) < s (T - ln s).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criterion import BELOW, FLOAT_STEP
from fpga_ee.artifacts.rules.tabulation import (
    INT32_MAX,
    LEAST_DOUBT,
    SCALE_BITS,
    distances,
    fixed,
    grid_until_zero,
)

BOUND_ENTRIES = 512
"""Most entries of the table of bounds, without the 0 at its end."""

_ONE = 2**SCALE_BITS


@dataclass(frozen=True, eq=False)
class IntegerEntropy:
    """Leave iff sum_j weighted[d_j] < bounds[(sum_j exponentials[d_j] - 2^k) >> shift].

    Attributes:
        exponentials: int32 [entries], round(2^k exp(-d 2^-frac)).
        weighted: int32 [entries], round(2^k exp(-d 2^-frac) d 2^-frac). The 0 at the end of both tables
            stands
            for every larger d.
        bounds: int32 [at most BOUND_ENTRIES + 1], s (T - ln s) at the middle of each step of s; the last
            entry is 0 (no sample leaves) and stands for every larger s.
        shift: log2 of the step of s.
    """

    exponentials: NDArray[np.int32]
    weighted: NDArray[np.int32]
    bounds: NDArray[np.int32]
    shift: int

    @property
    def constants(self) -> Mapping[str, NDArray[np.int32]]:
        """Constants, as for every integer rule; ``last`` and ``last_step`` are last indices of the tables."""
        return {
            "exponentials": self.exponentials,
            "last": np.asarray(len(self.exponentials) - 1, np.int32),
            "weighted": self.weighted,
            "one": np.asarray(_ONE, np.int32),
            "step": np.asarray(2**self.shift, np.int32),
            "last_step": np.asarray(len(self.bounds) - 1, np.int32),
            "bounds": self.bounds,
        }

    def __call__(self, logits: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Find the samples that leave, as for every integer rule."""
        at = distances(logits, self.exponentials)
        step = (self.exponentials[at].sum(axis=1) - _ONE) >> self.shift
        bound = self.bounds[np.minimum(step, len(self.bounds) - 1)]
        leaves: NDArray[np.bool_] = self.weighted[at].sum(axis=1) < bound
        return leaves


@dataclass(frozen=True)
class Entropy:
    """The criterion; a threshold is in nats."""

    name = "entropy"
    measured = "entropy of the softmax"
    comparison = BELOW
    strictest = LEAST_DOUBT

    def __str__(self) -> str:
        """Write its name."""
        return self.name

    def check_threshold(self, threshold: float) -> None:
        """Check a threshold, as for every criterion: it is above 0."""
        if not 0 < threshold < math.inf:
            raise ValueError(
                f"entropy threshold {threshold} is not a finite number above 0: "
                "no softmax entropy could decide by it"
            )

    def readable(self, threshold: float, digits: int) -> float:
        """Round a threshold, as for every criterion."""
        return float(f"{max(threshold, 1e-12):.{digits}g}")

    def limits(self, largest: float) -> tuple[float, float]:
        """Give limits, as for every criterion."""
        return 0.0, 2 * largest + 1

    def rounding(
        self,
        measures: NDArray[np.float64],  # noqa: ARG002 - the same for all
        logit_error: float,
        classes: int,
    ) -> float:
        """Bound the effect of rounding, as for every criterion.

        The entropy H changes by at most sum_j p_j |ln p_j + H| error <= 2 H error <= 2 ln(classes) error. The
        softmax itself is rounded too.
        """
        return 2 * math.log(classes) * logit_error + classes * FLOAT_STEP

    def integer_rule(self, threshold: float, logits: FixedPoint) -> IntegerEntropy:
        """Make the integer rule, as for every criterion."""
        grid = grid_until_zero(logits)
        exponentials = fixed([math.exp(-x) for x in grid])
        weighted = fixed([math.exp(-x) * x for x in grid])
        return IntegerEntropy(exponentials, weighted, *_bounds(threshold))


def _bounds(threshold: float) -> tuple[NDArray[np.int32], int]:
    """Tabulate s (T - ln s) from s = 1 to e^T, where it reaches 0, in steps of a power of two."""
    span = min(math.expm1(min(threshold, 20.0)) * _ONE, INT32_MAX)
    shift = max(0, math.ceil(math.log2(max(span, 1) / BOUND_ENTRIES)))
    entries = math.ceil(span / 2**shift)
    middles = [1 + (index * 2**shift + (2**shift - 1) / 2) / _ONE for index in range(entries)]
    return fixed([max(s * (threshold - math.log(s)), 0.0) for s in middles] + [0.0]), shift


CRITERION = Entropy()
