"""The constants of a decision file. Export writes them, and the check of a manifest expects them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criterion import IntegerRule

Constants = Mapping[str, NDArray[Any]]
"""Constants by name; in the file, the names follow ``decision_<i>.``."""


def integer_constants(rule: IntegerRule, logits: FixedPoint) -> Constants:
    """Make the constants of an integer decision: those that make integers of logits, and the rule's own."""
    return {
        "scale": np.asarray(logits.scale, np.float32),
        "zero": np.asarray(0, np.dtype(logits.carrier)),
        **rule.constants,
    }


def float_constants(threshold: float) -> Constants:
    """Make the constants of a float decision."""
    return {"threshold": np.asarray(threshold, np.float32)}
