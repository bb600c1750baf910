"""The integer decision is the float rule up to a margin that follows from its roundings.

With n classes, k = SCALE_BITS, and s, w the exact sums of exp(-x) and exp(-x) x over the distances x:

* Each table entry but that of distance 0 is off by at most 1/2, so both integer sums are off by at most
  (n - 1) / 2. What lies beyond a table rounds to 0 and is off by no more.
* top-1 compares the sum with 2^k / T exactly. So it may differ from the float rule only where
  |2^k s - 2^k / T| <= (n - 1) / 2.
* entropy compares w with max(g(s), 0), g(s) = s (T - ln s), which is tabulated at the middle of a step of
  2^shift, rounded. That middle is off from the exact s by at most d = ((n - 1) / 2 + (2^shift - 1) / 2)
  2^-k, and |g'| = |T - 1 - ln s| is largest at an end of [s - d, s + d]. So it may differ only where
  2^k |w - max(g(s), 0)| <= (n - 1) / 2 + 1/2 + 2^k d max |g'|.

SLACK covers the float64 arithmetic of this test itself.
"""

import math

import numpy as np
import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.exit_tables import BOUND_ENTRIES, SCALE_BITS
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import (
    EntropyDecision,
    Top1Decision,
    integer_decision,
    integer_decisions,
)
from fpga_ee.exits.rules import ExitRule

ONE = 2**SCALE_BITS
SLACK = 1e-6
SAMPLES = 200
LOGITS = FixedPoint(bits=16, signed=True, frac=4)

probabilities = st.one_of(
    st.floats(1e-6, 1 - 1e-6),
    st.integers(1, 12).map(lambda digits: 1 - 10.0**-digits),
    st.sampled_from([0.5, 0.25, 1 / 3, 1e-300, 5e-324]),
)
entropies = st.one_of(st.floats(1e-4, 3), st.sampled_from([5e-324, 1e-9, math.log(10), 19.9, 21.0, 1e300]))


formats = st.integers(-2, 8).map(lambda frac: FixedPoint(bits=16, signed=True, frac=frac))
seeds = st.integers(0, 2**32)


def random_logits(logits: FixedPoint, seed: int) -> torch.Tensor:
    """Logits on a grid, 2 to 12 classes, from all alike to as far apart as can be."""
    random = np.random.default_rng(seed)
    spread = random.choice([0.1, 1.0, 4.0, 30.0]) / logits.scale
    integers = (random.normal(size=(SAMPLES, random.integers(2, 13))) * spread).round()
    integers[0] = 0
    integers[1, 0], integers[1, 1:] = logits.high, logits.low
    return on_grid(logits, integers.clip(logits.low, logits.high))


def exact_sums(logits: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    distances = logits.max(axis=1, keepdims=True) - logits
    weights = np.exp(-distances)
    return weights.sum(axis=1), (weights * distances).sum(axis=1)


def on_grid(logits: FixedPoint, integers: NDArray[np.float64]) -> torch.Tensor:
    return torch.from_numpy(integers).float() * logits.scale


@settings(max_examples=draws(150))
@given(on=formats, seed=seeds, threshold=probabilities)
def test_top1_differs_from_the_float_rule_only_within_its_rounding(
    on: FixedPoint, seed: int, threshold: float
) -> None:
    logits = random_logits(on, seed)
    rule = ExitRule(Criterion.TOP1, threshold)
    differs = (integer_decision(rule, on)(logits) != rule(logits.double())).numpy()
    total, _ = exact_sums(logits.double().numpy())
    margin = (logits.shape[1] - 1) / 2
    near = np.abs(total - 1 / threshold) * ONE <= margin + SLACK
    assert not (differs & ~near).any()


@settings(max_examples=draws(150))
@given(on=formats, seed=seeds, threshold=entropies)
def test_entropy_differs_from_the_float_rule_only_within_its_rounding(
    on: FixedPoint, seed: int, threshold: float
) -> None:
    logits = random_logits(on, seed)
    rule = ExitRule(Criterion.ENTROPY, threshold)
    decision = integer_decision(rule, on)
    assert isinstance(decision, EntropyDecision)
    differs = (decision(logits) != rule(logits.double())).numpy()
    total, weighted = exact_sums(logits.double().numpy())
    rounding = (logits.shape[1] - 1) / 2
    step = (rounding + (2**decision.shift - 1) / 2) / ONE
    slope = np.maximum(
        np.abs(threshold - 1 - np.log(np.maximum(total - step, 1))),
        np.abs(threshold - 1 - np.log(total + step)),
    )
    distance = np.abs(weighted - np.maximum(total * (threshold - np.log(total)), 0))
    near = distance * ONE <= rounding + 0.5 + ONE * step * slope + SLACK
    assert not (differs & ~near).any()


def test_the_margin_is_narrow_enough_to_mean_something() -> None:
    """At k = 16 and 10 classes, top-1 may err only for probabilities within 7e-5 of the threshold."""
    rule = ExitRule(Criterion.TOP1, 0.9)
    random = np.random.default_rng(0)
    integers = random.integers(-100, 100, size=(20_000, 10)).astype(np.float64)
    logits = on_grid(LOGITS, integers)
    differs = integer_decision(rule, LOGITS)(logits) != rule(logits.double())
    probability = logits.double().softmax(dim=1).amax(dim=1)
    assert not bool((differs & ((probability - 0.9).abs() > 7e-5)).any())
    assert 0.05 < float(rule(logits.double()).double().mean()) < 0.95


@pytest.mark.parametrize("frac", [-2, 0, 4, 8])
@pytest.mark.parametrize("criterion", Criterion)
def test_tables_start_at_one_fall_and_end_with_zero(criterion: Criterion, frac: int) -> None:
    logits = FixedPoint(bits=16, signed=True, frac=frac)
    table = integer_decision(ExitRule(criterion, 0.5), logits).exponentials
    assert table[0] == ONE
    assert table[-1] == 0
    assert (np.diff(table) <= 0).all()
    expected = [round(ONE * math.exp(-d * logits.scale)) for d in range(len(table))]
    assert table.tolist() == expected


def test_top1_at_the_default_grid_needs_190_entries() -> None:
    decision = integer_decision(ExitRule(Criterion.TOP1, 0.9), LOGITS)
    assert len(decision.exponentials) == 190
    assert np.count_nonzero(decision.exponentials) == 189


@pytest.mark.parametrize("frac", [-2, 0, 4, 8])
def test_the_weighted_table_begins_and_ends_with_zero(frac: int) -> None:
    logits = FixedPoint(bits=16, signed=True, frac=frac)
    decision = integer_decision(ExitRule(Criterion.ENTROPY, 0.5), logits)
    assert isinstance(decision, EntropyDecision)
    assert decision.weighted[0] == decision.weighted[-1] == 0
    assert len(decision.weighted) == len(decision.exponentials)
    expected = [
        round(ONE * math.exp(-d * logits.scale) * d * logits.scale) for d in range(len(decision.weighted))
    ]
    assert decision.weighted.tolist() == expected


@pytest.mark.parametrize("threshold", [5e-324, 1e-9, 0.01, 0.5, 2.3, 5.0, 25.0, 1e308])
def test_the_entropy_bound_is_short_and_ends_with_zero(threshold: float) -> None:
    decision = integer_decision(ExitRule(Criterion.ENTROPY, threshold), LOGITS)
    assert isinstance(decision, EntropyDecision)
    assert len(decision.bounds) <= BOUND_ENTRIES + 1
    assert decision.bounds[-1] == 0
    assert (decision.bounds >= 0).all()


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.3, 1 - 1e-12, 1e-4])
def test_the_top1_bound_is_the_only_number_that_holds_the_threshold(threshold: float) -> None:
    decision = integer_decision(ExitRule(Criterion.TOP1, threshold), LOGITS)
    other = integer_decision(ExitRule(Criterion.TOP1, 0.123), LOGITS)
    assert isinstance(decision, Top1Decision)
    assert isinstance(other, Top1Decision)
    assert decision.bound == math.ceil(ONE / threshold)
    assert decision.exponentials.tolist() == other.exponentials.tolist()


def test_two_equal_largest_logits_are_a_probability_of_one_half() -> None:
    logits = torch.tensor([[3.0, 3.0, -500.0]])
    assert integer_decision(ExitRule(Criterion.TOP1, 0.499), LOGITS)(logits).tolist() == [True]
    assert integer_decision(ExitRule(Criterion.TOP1, 0.5), LOGITS)(logits).tolist() == [False]


def test_every_exit_but_the_last_gets_a_decision_on_its_own_grid() -> None:
    formats = [FixedPoint(bits=16, signed=True, frac=frac) for frac in (2, 3, 4)]
    rules = [ExitRule(Criterion.TOP1, 0.6), ExitRule(Criterion.ENTROPY, 0.4)]
    decisions = integer_decisions(rules, formats)
    assert [decision.rule for decision in decisions] == rules
    assert [decision.logits.frac for decision in decisions] == [2, 3]


@pytest.mark.parametrize(
    ("criterion", "told", "not_told"),
    [(Criterion.TOP1, 0.99987, 0.99989), (Criterion.ENTROPY, 0.000123, 0.000121)],
)
def test_a_threshold_too_strict_for_the_tables_is_refused_by_exit(
    criterion: Criterion, told: float, not_told: float
) -> None:
    formats = [FixedPoint(bits=16, signed=True, frac=4)] * 3
    integer_decisions([ExitRule(criterion, told)] * 2, formats)
    with pytest.raises(FpgaEeError, match=f"exit 1: {criterion} threshold {not_told} is stricter"):
        integer_decisions([ExitRule(criterion, told), ExitRule(criterion, not_told)], formats)
