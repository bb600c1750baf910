"""The constants of a decision file: what export writes, and what a manifest holds the file to."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criterion import IntegerRule

Constants = Mapping[str, NDArray[Any]]
"""By their names, which follow ``decision_<i>.`` in the file."""


def integer_constants(rule: IntegerRule, logits: FixedPoint) -> Constants:
    """Constants of a decision in integers: those that bring logits back to integers, and the rule's own."""
    return {
        "scale": np.asarray(logits.scale, np.float32),
        "zero": np.asarray(0, np.dtype(logits.carrier)),
        **rule.constants,
    }


def float_constants(threshold: float) -> Constants:
    """Constants of a decision in float."""
    return {"threshold": np.asarray(threshold, np.float32)}
