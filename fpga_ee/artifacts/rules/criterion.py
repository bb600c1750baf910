"""A criterion: the one place that all else asks about an exit rule.

An exit *rule* is a criterion with a threshold. A criterion measures how sure an exit is of a sample, and a
sample leaves where its measure is on the right side of the threshold. Deployed exits decide by the *integer
rule* that a criterion makes of a threshold, so that PyTorch, ONNX Runtime and hardware cannot disagree.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint

FLOAT_STEP = float(np.finfo(np.float32).eps)
"""The largest relative distance of two neighbouring float32 numbers."""


@dataclass(frozen=True)
class LeavingSide:
    """On which side of its threshold a sample leaves.

    Attributes:
        sign: Stands between measure and threshold in tables.
        holds: Compares a measure with a threshold; of arrays and tensors element by element.
        towards_sure: 1 where a sample is surer the more it measures, -1 where it is surer the less.
    """

    sign: str
    holds: Callable[[Any, Any], Any]
    towards_sure: int


ABOVE = LeavingSide(">", operator.gt, 1)
BELOW = LeavingSide("<", operator.lt, -1)


class IntegerRule(Protocol):
    """A rule on the integers of the logits: additions, comparisons and tables, no float."""

    @property
    def constants(self) -> Mapping[str, NDArray[np.int32]]:
        """Its constants, by their names in decision files; the tables among them have a dimension."""

    def __call__(self, logits: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """The samples that leave: integer logits [N, classes] to bool [N]."""


class Criterion(Protocol):
    """A measure of exits, and the decision by it."""

    @property
    def name(self) -> str:
        """Its name in options, manifests and tables, and in the name of its hardware module."""

    @property
    def measured(self) -> str:
        """Its measure in words."""

    @property
    def comparison(self) -> LeavingSide:
        """On which side of the threshold a sample leaves."""

    @property
    def strictest(self) -> float:
        """The strictest threshold that its integer rule can tell from certainty."""

    def check_threshold(self, threshold: float) -> None:
        """Check that a threshold can decide.

        Raises:
            ValueError: It is outside the range in which samples could be on both sides of it.
        """

    def readable(self, threshold: float, digits: int) -> float:
        """The nearest threshold of its range that reads well, with so many significant digits."""

    def limits(self, largest: float) -> tuple[float, float]:
        """Measures between which those of all samples lie: one at least as sure, one at most as sure.

        Args:
            largest: The largest measure of any sample.
        """

    def rounding(
        self, measures: NDArray[np.float64], logit_error: float, classes: int
    ) -> NDArray[np.float64] | float:
        """Bound how far the measures of two float runtimes lie apart.

        Args:
            measures: float64 [N].
            logit_error: How far their logits may lie apart.
            classes: Number of logits.

        Returns:
            float64 [N], or one number for all.
        """

    def integer_rule(self, threshold: float, logits: FixedPoint) -> IntegerRule:
        """Compute the integer rule for logits of a format.

        Raises:
            FpgaEeError: The format has so many fractional bits that a table would be too long.
        """
