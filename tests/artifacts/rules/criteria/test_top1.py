"""The integer rule of top-1 is the float rule up to a margin that follows from its roundings.

With n classes, k = SCALE_BITS, and s the exact sum of exp(-x) over the distances x: each table entry but that
of distance 0 is off by at most 1/2, so the integer sum is off by at most (n - 1) / 2. What lies beyond the
table rounds to 0 and is off by no more. The sum is compared with 2^k / T exactly. So the two may differ only
where |2^k s - 2^k / T| <= (n - 1) / 2.
"""

import math

import numpy as np
import pytest
from helpers.draws import draws
from helpers.integer_logits import LOGITS, exact_sums, formats, random_integers, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.tabulation import SCALE_BITS

ONE = 2**SCALE_BITS
SLACK = 1e-6
"""Covers the float64 arithmetic of this test itself."""

probabilities = st.one_of(
    st.floats(1e-6, 1 - 1e-6),
    st.integers(1, 12).map(lambda digits: 1 - 10.0**-digits),
    st.sampled_from([0.5, 0.25, 1 / 3, 1e-300, 5e-324]),
)


@settings(max_examples=draws(150))
@given(on=formats, seed=seeds, threshold=probabilities)
def test_it_differs_from_the_float_rule_only_within_its_rounding(
    on: FixedPoint, seed: int, threshold: float
) -> None:
    integers = random_integers(on, seed)
    total, _ = exact_sums(integers * on.scale)
    differs = TOP1.integer_rule(threshold, on)(integers) != (1 / total > threshold)
    near = np.abs(total - 1 / threshold) * ONE <= (integers.shape[1] - 1) / 2 + SLACK
    assert not (differs & ~near).any()


def test_the_margin_is_narrow_enough_to_mean_something() -> None:
    """At k = 16 and 10 classes, it may err only for probabilities within 7e-5 of the threshold."""
    integers = np.random.default_rng(0).integers(-100, 100, size=(20_000, 10))
    probability = 1 / exact_sums(integers * LOGITS.scale)[0]
    differs = TOP1.integer_rule(0.9, LOGITS)(integers) != (probability > 0.9)
    assert not (differs & (np.abs(probability - 0.9) > 7e-5)).any()
    assert 0.05 < (probability > 0.9).mean() < 0.95


@pytest.mark.parametrize("frac", [-2, 0, 4, 8])
def test_its_table_starts_at_one_falls_and_ends_with_the_first_zero(frac: int) -> None:
    logits = FixedPoint(bits=16, signed=True, frac=frac)
    table = TOP1.integer_rule(0.5, logits).exponentials
    assert table[0] == ONE
    assert table[-1] == 0 < table[-2]
    assert (np.diff(table) <= 0).all()
    assert table.tolist() == [round(ONE * math.exp(-d * logits.scale)) for d in range(len(table))]


def test_at_the_default_grid_the_table_has_190_entries_of_32_bits() -> None:
    table = TOP1.integer_rule(0.9, LOGITS).exponentials
    assert (len(table), table.dtype) == (190, np.int32)


@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.3, 1 - 1e-12, 1e-4])
def test_the_bound_is_the_only_number_that_holds_the_threshold(threshold: float) -> None:
    rule, other = TOP1.integer_rule(threshold, LOGITS), TOP1.integer_rule(0.123, LOGITS)
    assert rule.bound == math.ceil(ONE / threshold)
    assert rule.exponentials.tolist() == other.exponentials.tolist()


def test_a_bound_stops_at_the_end_of_32_bits() -> None:
    assert TOP1.integer_rule(5e-324, LOGITS).bound == 2**31 - 1


def test_two_equal_largest_logits_are_a_probability_of_one_half() -> None:
    logits = np.array([[48, 48, -8000]])
    assert TOP1.integer_rule(0.499, LOGITS)(logits).tolist() == [True]
    assert TOP1.integer_rule(0.5, LOGITS)(logits).tolist() == [False]


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf])
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=f"top-1 threshold {threshold} is not between 0 and 1"):
        TOP1.check_threshold(threshold)


@pytest.mark.parametrize(
    ("value", "readable"), [(0.98765432, 0.9877), (0.999987654, 0.9999877), (0.51234567, 0.512)]
)
def test_a_readable_threshold_keeps_digits_of_the_distance_from_certainty(
    value: float, readable: float
) -> None:
    assert TOP1.readable(value, 3) == readable


def test_the_strictest_threshold_is_eight_steps_from_certainty() -> None:
    assert TOP1.integer_rule(TOP1.strictest, LOGITS).bound == ONE + 8
