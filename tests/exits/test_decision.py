"""The integer decision of an exit: its rule on the integers of float logits."""

import math

import numpy as np
import pytest
import torch
from helpers.draws import draws
from helpers.integer_logits import formats, random_integers, seeds
from hypothesis import given, settings

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.margin import CRITERION as MARGIN
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decision, integer_decisions, is_representable
from fpga_ee.exits.rules import ExitRule

LOGITS = [FixedPoint(bits=16, signed=True, frac=4)] * 3


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_it_takes_float_logits_back_to_the_integers_they_are(criterion: Criterion) -> None:
    @settings(max_examples=draws(50))
    @given(on=formats, seed=seeds)
    def check(on: FixedPoint, seed: int) -> None:
        integers = random_integers(on, seed)
        logits = torch.from_numpy(integers).float() * on.scale
        found = integer_decision(ExitRule(criterion, 0.7), on)(logits)
        np.testing.assert_array_equal(found.numpy(), criterion.integer_rule(0.7, on)(integers))

    check()


def test_every_exit_but_the_last_gets_a_decision_on_its_own_grid() -> None:
    on = [FixedPoint(bits=16, signed=True, frac=frac) for frac in (2, 3, 4)]
    rules = [ExitRule(TOP1, 0.6), ExitRule(ENTROPY, 0.4)]
    decisions = integer_decisions(rules, on)
    assert [decision.rule for decision in decisions] == rules
    assert [decision.logits.frac for decision in decisions] == [2, 3]


@pytest.mark.parametrize(
    ("criterion", "told", "not_told", "strictest"),
    [(TOP1, 0.99987, 0.99989, 0.999878), (ENTROPY, 0.000123, 0.000121, 0.00012207)],
    ids=str,
)
def test_a_threshold_too_strict_for_the_tables_is_refused_by_exit_with_the_strictest(
    criterion: Criterion, told: float, not_told: float, strictest: float
) -> None:
    integer_decisions([ExitRule(criterion, told)] * 2, LOGITS)
    message = rf"exit 1: {criterion} threshold {not_told} is stricter .* \({strictest}\); use a looser one"
    with pytest.raises(FpgaEeError, match=message):
        integer_decisions([ExitRule(criterion, told), ExitRule(criterion, not_told)], LOGITS)


def test_no_margin_is_too_strict() -> None:
    assert integer_decisions([ExitRule(MARGIN, 1e300)], LOGITS[:2])


@pytest.mark.parametrize("criterion", [TOP1, ENTROPY], ids=str)
def test_the_strictest_threshold_itself_is_told_and_the_next_number_is_not(criterion: Criterion) -> None:
    surer = math.inf * criterion.comparison.towards_sure
    assert is_representable(ExitRule(criterion, criterion.strictest))
    assert not is_representable(ExitRule(criterion, math.nextafter(criterion.strictest, surer)))
