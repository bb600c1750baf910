"""A criterion: the one object that all other code asks about an exit rule.

An exit *rule* is a criterion with a threshold. A criterion measures how sure an exit is of a sample, and a
sample leaves if its measure is on the right side of the threshold. Deployed exits decide by an *integer
rule*, which a criterion makes from a threshold, so that PyTorch, ONNX Runtime and hardware cannot disagree.
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
    """The side of its threshold on which a sample leaves.

    Attributes:
        sign: The sign between measure and threshold in tables.
        holds: Compares a measure with a threshold; arrays and tensors are compared element by element.
        towards_sure: 1 where a larger measure is surer, -1 where a smaller one is.
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
        """Its constants, by their names in decision files. Tables have one dimension, numbers have none."""

    def __call__(self, logits: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Find the samples that leave: integer logits [N, classes] to bool [N]."""


class Criterion(Protocol):
    """A measure of exits, and the decision that follows from it."""

    @property
    def name(self) -> str:
        """Its name in options, manifests and tables, and in the name of its hardware module."""

    @property
    def measured(self) -> str:
        """Its measure, in words."""

    @property
    def comparison(self) -> LeavingSide:
        """The side of the threshold on which a sample leaves."""

    @property
    def strictest(self) -> float:
        """The strictest threshold that its integer rule can tell from certainty."""

    def check_threshold(self, threshold: float) -> None:
        """Check that a threshold can decide.

        Raises:
            ValueError: It is outside the range in which samples could be on both sides of it.
        """

    def readable(self, threshold: float, digits: int) -> float:
        """Round a threshold to ``digits`` significant digits, within the criterion's range."""

    def limits(self, largest: float) -> tuple[float, float]:
        """Give two measures between which those of all samples lie.

        Args:
            largest: The largest measure of any sample.

        Returns:
            A measure at least as sure as all samples, and one at most as sure.
        """

    def rounding(
        self, measures: NDArray[np.float64], logit_error: float, classes: int
    ) -> NDArray[np.float64] | float:
        """Bound the distance between the measures of two float runtimes.

        Args:
            measures: float64 [N].
            logit_error: Largest distance between their logits.
            classes: Number of logits.

        Returns:
            float64 [N], or one number for all.
        """

    def integer_rule(self, threshold: float, logits: FixedPoint) -> IntegerRule:
        """Compute the integer rule for logits of a format.

        Raises:
            FpgaEeError: The format has so many fractional bits that a table would be too long.
        """
