"""Facts that hold for every criterion; each criterion is found wherever one of its files is needed."""

import math

import numpy as np
import pytest
from helpers.integer_logits import LOGITS, random_integers

from fpga_ee.artifacts.rules.criteria import CRITERIA, criterion_named
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.exits.measures import MEASURES
from fpga_ee.export.decisions.criteria import DECIDERS
from fpga_ee.hardware.tools.sources import LIBRARY

EVERY = pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)


def test_every_criterion_has_its_measure_its_nodes_and_its_module() -> None:
    assert CRITERIA.keys() == MEASURES.keys() == DECIDERS.keys()
    modules = {path.stem.removeprefix("exit_decision_") for path in LIBRARY.glob("exit_decision_*.sv")}
    assert CRITERIA.keys() == modules


@EVERY
def test_a_criterion_is_found_by_its_name(criterion: Criterion) -> None:
    assert criterion_named(criterion.name) is criterion
    assert str(criterion) == criterion.name


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"criterion must be 'entropy' or 'margin' or 'top1', not 'luck'"):
        criterion_named("luck")


@EVERY
@pytest.mark.parametrize("value", [0.0, 1.0, 1e-300, 1 - 1e-16])
def test_a_readable_threshold_is_always_one_that_a_rule_takes(criterion: Criterion, value: float) -> None:
    criterion.check_threshold(criterion.readable(value, 3))


@EVERY
def test_nothing_that_is_no_number_is_a_threshold(criterion: Criterion) -> None:
    for threshold in (math.nan, math.inf, -math.inf, -1.0):
        with pytest.raises(ValueError, match=f"threshold {threshold} is not"):
            criterion.check_threshold(threshold)


@EVERY
def test_a_stricter_threshold_lets_no_further_sample_leave(criterion: Criterion) -> None:
    integers = random_integers(LOGITS, 5)
    ordered = sorted((0.3, 0.6, 0.9), key=lambda threshold: -threshold * criterion.comparison.towards_sure)
    before = np.ones(len(integers), dtype=bool)
    for threshold in reversed(ordered):
        leaves = criterion.integer_rule(threshold, LOGITS)(integers)
        assert not (leaves & ~before).any()
        before = leaves


@EVERY
def test_constants_are_integers_of_32_bits(criterion: Criterion) -> None:
    constants = criterion.integer_rule(0.5, LOGITS).constants
    assert {values.dtype for values in constants.values()} == {np.dtype(np.int32)}
