"""Uncertain images of a float network are those whose exit rounding could change."""

from math import log

import numpy as np
import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.margin import CRITERION as MARGIN
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.exits.measures import measure
from fpga_ee.exits.rules import ExitRule
from fpga_ee.verification.answers import Answers
from fpga_ee.verification.uncertainty import uncertain_images, uncertain_labels

ERROR = 1e-4
"""By how much a logit may be off."""


def answers(logits: list[list[float]]) -> Answers:
    """Of an early exit; the last exit does not matter."""
    early = np.array(logits, dtype=np.float32)
    nothing = np.zeros(len(early), dtype=np.int64)
    return Answers(early, nothing, nothing, (early, early))


def uncertain(logits: list[float], rule: ExitRule) -> bool:
    return bool(uncertain_images(answers([logits]), [rule], ERROR)[0])


def measured(criterion: Criterion, logits: list[float]) -> float:
    return float(measure(criterion, torch.tensor([logits], dtype=torch.float64))[0])


@pytest.mark.parametrize("side", [-1, 1])
def test_two_equal_logits_move_their_probability_by_half_of_the_error(side: int) -> None:
    """One of them up, the other down: the most that any probability moves."""
    moved = measured(TOP1, [ERROR, -ERROR])
    assert moved == pytest.approx(0.5 + ERROR / 2, rel=1e-6)
    assert uncertain([0, 0], ExitRule(TOP1, 0.5 + side * 0.49 * ERROR))
    assert not uncertain([0, 0], ExitRule(TOP1, 0.5 + side * 0.51 * ERROR))


@pytest.mark.parametrize("side", [-1, 1])
def test_an_entropy_moves_by_twice_its_largest_value_times_the_error(side: int) -> None:
    entropy = measured(ENTROPY, [0, 0, 1])
    most = 2 * log(3) * ERROR
    assert uncertain([0, 0, 1], ExitRule(ENTROPY, entropy + side * 0.99 * most))
    assert not uncertain([0, 0, 1], ExitRule(ENTROPY, entropy + side * 1.01 * most))


@pytest.mark.parametrize("side", [-1, 1])
def test_a_margin_moves_by_twice_the_error_and_by_its_own_rounding(side: int) -> None:
    """The largest logit up, the second down; float32 tells numbers near 5 apart in steps of 2^-21."""
    assert uncertain([0, 5], ExitRule(MARGIN, 5 + side * 1.99 * ERROR))
    assert not uncertain([0, 5], ExitRule(MARGIN, 5 + side * (2.01 * ERROR + 2**-20)))


@settings(max_examples=draws(100))
@given(
    criterion=st.sampled_from([*CRITERIA.values()]),
    logits=st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=10),
    data=st.data(),
)
def test_whatever_moves_within_the_error_no_image_changes_its_exit_that_is_not_uncertain(
    criterion: Criterion, logits: list[float], data: st.DataObject
) -> None:
    moves = [data.draw(st.sampled_from([-ERROR, 0, ERROR])) for _ in logits]
    before = measured(criterion, logits)
    after = measured(criterion, [logit + move for logit, move in zip(logits, moves, strict=True)])
    between = (before + after) / 2
    if before != after and between > 0:
        assert uncertain(logits, ExitRule(criterion, between))


@pytest.mark.parametrize("exit_", [0, 1])
def test_a_label_is_uncertain_where_two_logits_may_pass_each_other(exit_: int) -> None:
    sure = np.array([[0, 1.0, 3.0]] * 3, np.float32)
    close = np.array([[0, 1, 1 + 1.9 * ERROR], [0, 1, 1 + 2.1 * ERROR], [1, 1 + ERROR, 9]], np.float32)
    every_exit = (close, sure) if exit_ == 0 else (sure, close)
    nothing = np.zeros(3, dtype=np.int64)
    found = uncertain_labels(Answers(sure, nothing, nothing, every_exit), ERROR)
    assert found.tolist() == [True, False, False]
