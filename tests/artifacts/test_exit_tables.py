"""What the tables of the integer decision hold, number by number."""

import math

import numpy as np
import pytest

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import EntropyDecision, integer_decision, integer_decisions
from fpga_ee.exits.rules import ExitRule

LOGITS = FixedPoint(16, signed=True, frac=4)
MOST = 512
"""Entries of the table of the entropy's bounds, beside the 0 at its end."""


def entropy(threshold: float) -> EntropyDecision:
    decision = integer_decision(ExitRule(Criterion.ENTROPY, threshold), LOGITS)
    assert isinstance(decision, EntropyDecision)
    return decision


@pytest.mark.parametrize("threshold", [0.05, 0.5, 1.2, 2.0])
def test_a_bound_is_that_of_the_middle_of_its_step(threshold: float) -> None:
    """Sums of a step of 2^shift begin at 1 and are told apart by their upper bits only."""
    decision = entropy(threshold)
    step = 2**decision.shift
    for index, bound in enumerate(decision.bounds[:-1]):
        sums = 1 + np.arange(index * step, (index + 1) * step) / 2**16
        middle = float(sums.mean())
        assert bound == round(max(0.0, middle * (threshold - math.log(middle))) * 2**16)


@pytest.mark.parametrize("shift", [1, 2, 5, 8])
def test_a_step_is_doubled_before_there_is_an_entry_too_many(shift: int) -> None:
    just_fits, too_long = (math.log1p((MOST + over) * 2**shift / 2**16) for over in (-0.5, 0.5))
    assert (entropy(just_fits).shift, len(entropy(just_fits).bounds)) == (shift, MOST + 1)
    assert (entropy(too_long).shift, len(entropy(too_long).bounds)) == (shift + 1, MOST // 2 + 2)


@pytest.mark.parametrize("criterion", Criterion)
def test_tables_are_of_32_bits(criterion: Criterion) -> None:
    decision = integer_decision(ExitRule(criterion, 0.5), LOGITS)
    assert decision.exponentials.dtype == np.int32
    if isinstance(decision, EntropyDecision):
        assert decision.weighted.dtype == decision.bounds.dtype == np.int32


@pytest.mark.parametrize(
    ("criterion", "threshold", "strictest"),
    [(Criterion.TOP1, 0.99999, 0.999878), (Criterion.ENTROPY, 0.00001, 0.00012207)],
)
def test_who_asks_for_too_strict_a_threshold_is_told_the_strictest(
    criterion: Criterion, threshold: float, strictest: float
) -> None:
    with pytest.raises(FpgaEeError, match=rf"can tell \({strictest}\); use a looser one"):
        integer_decisions([ExitRule(criterion, threshold)], [LOGITS, LOGITS])
    loose = strictest - 1e-6 if criterion is Criterion.TOP1 else strictest + 1e-6
    assert integer_decisions([ExitRule(criterion, loose)], [LOGITS, LOGITS])
