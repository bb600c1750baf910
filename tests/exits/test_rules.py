"""The float rules: an image leaves above a probability, or below an entropy."""

import math

import pytest
import torch

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule, measure, readable_threshold

HALVES = torch.tensor([[0.0, 0.0], [50.0, 0.0]]).double()


def test_top1_measures_the_largest_probability() -> None:
    assert measure(Criterion.TOP1, HALVES)[0] == 0.5


def test_entropy_is_in_nats() -> None:
    assert measure(Criterion.ENTROPY, HALVES)[0] == pytest.approx(math.log(2), rel=1e-15)


def test_top1_leaves_strictly_above_the_threshold() -> None:
    assert ExitRule(Criterion.TOP1, 0.5)(HALVES).tolist() == [False, True]


def test_entropy_leaves_strictly_below_the_threshold() -> None:
    assert ExitRule(Criterion.ENTROPY, math.log(2))(HALVES).tolist() == [False, True]


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf])
def test_a_probability_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(FpgaEeError, match=f"top-1 threshold {threshold} is not between 0 and 1"):
        ExitRule(Criterion.TOP1, threshold)


@pytest.mark.parametrize("threshold", [0.0, -0.1, math.nan, math.inf])
def test_an_entropy_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(FpgaEeError, match=f"entropy threshold {threshold} is not a finite number above 0"):
        ExitRule(Criterion.ENTROPY, threshold)


@pytest.mark.parametrize(
    ("criterion", "value", "readable"),
    [
        (Criterion.TOP1, 0.98765432, 0.9877),
        (Criterion.TOP1, 0.999987654, 0.9999877),
        (Criterion.TOP1, 0.51234567, 0.512),
        (Criterion.ENTROPY, 0.0123456, 0.0123),
        (Criterion.ENTROPY, 1.23456, 1.23),
    ],
)
def test_a_readable_threshold_keeps_three_digits_of_the_doubt(
    criterion: Criterion, value: float, readable: float
) -> None:
    assert readable_threshold(criterion, value, 3) == readable


@pytest.mark.parametrize("criterion", Criterion)
@pytest.mark.parametrize("value", [0.0, 1.0, 1e-300, 1 - 1e-16])
def test_a_readable_threshold_is_always_one_that_a_rule_takes(criterion: Criterion, value: float) -> None:
    ExitRule(criterion, readable_threshold(criterion, value, 3))
