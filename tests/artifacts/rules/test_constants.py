"""The constants of a decision file: their names, types and values."""

import numpy as np
import pytest
from helpers.integer_logits import LOGITS

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.constants import float_constants, integer_constants
from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.artifacts.rules.criteria.margin import IntegerMargin
from fpga_ee.artifacts.rules.criterion import Criterion


def test_a_float_decision_has_its_threshold() -> None:
    constants = float_constants(0.9)
    assert constants == {"threshold": np.float32(0.9)}
    assert constants["threshold"].dtype == np.float32


@pytest.mark.parametrize(
    ("logits", "carrier"),
    [(FixedPoint(8, signed=True, frac=3), np.int8), (FixedPoint(12, signed=True, frac=3), np.int16)],
)
def test_an_integer_decision_has_its_grid_and_its_bound(logits: FixedPoint, carrier: type) -> None:
    """A logit divided by an eighth is its integer; 0 is of the type that holds all integers of the format."""
    constants = integer_constants(IntegerMargin(40), logits)
    assert constants == {"scale": 0.125, "zero": 0, "bound": 40}
    assert [values.dtype for values in constants.values()] == [np.float32, carrier, np.int32]


@pytest.mark.parametrize("criterion", [CRITERIA["top1"], CRITERIA["entropy"]], ids=str)
def test_the_last_index_of_a_table_is_that_of_its_zero(criterion: Criterion) -> None:
    """It stands for all larger distances."""
    constants = integer_constants(criterion.integer_rule(0.5, LOGITS), LOGITS)
    for table in constants.keys() & {"exponentials", "weighted"}:
        assert len(constants[table]) == constants["last"] + 1
        assert constants[table][-1] == 0


def test_the_bounds_of_an_entropy_are_found_by_the_step_of_a_sum() -> None:
    """A sum is 1 at least, which is 2^16 in the table; its step counts the sum beyond that."""
    rule = CRITERIA["entropy"].integer_rule(0.5, LOGITS)
    constants = integer_constants(rule, LOGITS)
    assert constants["one"] == constants["exponentials"][0] == 2**16
    assert len(constants["bounds"]) == constants["last_step"] + 1
    assert constants["bounds"][-1] == 0
    first = constants["bounds"][0] / 2**16
    assert first == pytest.approx(0.5, abs=0.01), "at a sum of 1, the entropy itself is compared"
