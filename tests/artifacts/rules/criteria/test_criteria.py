"""Facts that hold for every criterion; each criterion is found wherever one of its files is needed."""

import math
import operator

import numpy as np
import pytest
import torch
from helpers.integer_logits import LOGITS, random_integers

from fpga_ee.artifacts.rules.criteria import CRITERIA, criterion_named
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.exits.measures import MEASURES, measure
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


@EVERY
def test_the_sign_in_a_table_is_the_comparison_by_which_samples_leave(criterion: Criterion) -> None:
    side = criterion.comparison
    assert side.holds is {"<": operator.lt, ">": operator.gt}[side.sign]
    assert side.holds(side.towards_sure, 0)


@EVERY
@pytest.mark.parametrize("largest", [0.0, 7.0])
def test_limits_leave_room_beyond_the_largest_measure(criterion: Criterion, largest: float) -> None:
    """A threshold halfway to them lets all samples leave or none; a probability is never beyond 1."""
    beyond = 1.0 if criterion.name == "top1" else largest + (largest + 1)
    surest, least_sure = sorted((beyond, 0.0), reverse=criterion.comparison.towards_sure > 0)
    assert criterion.limits(largest) == (surest, least_sure)


def drawn_logits(classes: int) -> torch.Tensor:
    """Logits of samples from undecided to sure, some with one large logit among equal ones."""
    torch.manual_seed(classes)
    spread = torch.logspace(-3, 3, 400, dtype=torch.float64)[:, None]
    alike = torch.zeros(100, classes, dtype=torch.float64)
    alike[:, 0] = torch.linspace(0, 12, 100)
    return torch.cat([torch.randn(400, classes, dtype=torch.float64) * spread, alike])


@EVERY
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_a_measure_of_float32_is_as_near_as_its_rounding_says(criterion: Criterion, classes: int) -> None:
    logits = drawn_logits(classes).float()
    exact, rounded = measure(criterion, logits.double()).numpy(), measure(criterion, logits).numpy()
    assert (np.abs(rounded - exact) <= criterion.rounding(exact, 0.0, classes)).all()


@EVERY
@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_logits_that_lie_apart_move_a_measure_as_far_as_is_said(criterion: Criterion, classes: int) -> None:
    """The worst error makes the largest logit smaller and all others larger; it uses much of the bound."""
    logits, error = drawn_logits(classes), 1e-3
    largest = logits == logits.amax(dim=1, keepdim=True)
    moved = measure(criterion, torch.where(largest, logits - error, logits + error))
    exact = measure(criterion, logits).numpy()
    apart, said = np.abs(moved.numpy() - exact), criterion.rounding(exact, error, classes)
    assert (apart <= said).all()
    assert (apart / said).max() > 0.2
