"""The integer rule of entropy is the float rule up to a margin that follows from its roundings.

With n classes, k = SCALE_BITS, and s, w the exact sums of exp(-x) and exp(-x) x over the distances x: each
table entry but that of distance 0 is off by at most 1/2, so both integer sums are off by at most (n - 1) / 2.
What lies beyond a table rounds to 0 and is off by no more. The rule compares w with max(g(s), 0), g(s) =
s (T - ln s), which is tabulated at the middle of a step of 2^shift, rounded. That middle is off from the
exact s by at most d = ((n - 1) / 2 + (2^shift - 1) / 2) 2^-k, and |g'| = |T - 1 - ln s| is largest at an end
of [s - d, s + d]. So the two may differ only where
2^k |w - max(g(s), 0)| <= (n - 1) / 2 + 1/2 + 2^k d max |g'|.
"""

import math

import numpy as np
import pytest
from helpers.draws import draws
from helpers.integer_logits import LOGITS, exact_sums, formats, random_integers, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.tabulation import SCALE_BITS

ONE = 2**SCALE_BITS
SLACK = 1e-6
"""Covers the float64 arithmetic of this test itself."""

MOST = 512
"""Entries of the table of bounds, beside the 0 at its end."""

entropies = st.one_of(st.floats(1e-4, 3), st.sampled_from([5e-324, 1e-9, math.log(10), 19.9, 21.0, 1e300]))


@settings(max_examples=draws(150))
@given(on=formats, seed=seeds, threshold=entropies)
def test_it_differs_from_the_float_rule_only_within_its_rounding(
    on: FixedPoint, seed: int, threshold: float
) -> None:
    integers = random_integers(on, seed)
    rule = ENTROPY.integer_rule(threshold, on)
    total, weighted = exact_sums(integers * on.scale)
    differs = rule(integers) != (np.log(total) + weighted / total < threshold)
    rounding = (integers.shape[1] - 1) / 2
    step = (rounding + (2**rule.shift - 1) / 2) / ONE
    slope = np.maximum(
        np.abs(threshold - 1 - np.log(np.maximum(total - step, 1))),
        np.abs(threshold - 1 - np.log(total + step)),
    )
    distance = np.abs(weighted - np.maximum(total * (threshold - np.log(total)), 0))
    near = distance * ONE <= rounding + 0.5 + ONE * step * slope + SLACK
    assert not (differs & ~near).any()


@pytest.mark.parametrize("frac", [-2, 0, 4, 8])
def test_both_tables_of_exponentials_end_where_the_weighted_one_does(frac: int) -> None:
    logits = FixedPoint(bits=16, signed=True, frac=frac)
    rule = ENTROPY.integer_rule(0.5, logits)
    distances = [d * logits.scale for d in range(len(rule.weighted))]
    assert rule.exponentials.tolist() == [round(ONE * math.exp(-x)) for x in distances]
    assert rule.weighted.tolist() == [round(ONE * math.exp(-x) * x) for x in distances]
    assert rule.weighted[0] == rule.weighted[-1] == 0 < rule.weighted[-2]
    assert (np.diff(rule.exponentials) <= 0).all()


@pytest.mark.parametrize("threshold", [5e-324, 1e-9, 0.01, 0.5, 2.3, 5.0, 25.0, 1e308])
def test_the_table_of_bounds_is_short_and_ends_with_zero(threshold: float) -> None:
    bounds = ENTROPY.integer_rule(threshold, LOGITS).bounds
    assert len(bounds) <= MOST + 1
    assert bounds[-1] == 0
    assert (bounds >= 0).all()


@pytest.mark.parametrize("threshold", [0.05, 0.5, 1.2, 2.0])
def test_a_bound_is_that_of_the_middle_of_its_step(threshold: float) -> None:
    """Sums of a step of 2^shift begin at 1 and are told apart by their upper bits only."""
    rule = ENTROPY.integer_rule(threshold, LOGITS)
    step = 2**rule.shift
    for index, bound in enumerate(rule.bounds[:-1]):
        sums = 1 + np.arange(index * step, (index + 1) * step) / 2**16
        middle = float(sums.mean())
        assert bound == round(max(0.0, middle * (threshold - math.log(middle))) * 2**16)


@pytest.mark.parametrize("shift", [1, 2, 5, 8])
def test_a_step_is_doubled_before_there_is_an_entry_too_many(shift: int) -> None:
    just_fits, too_long = (
        ENTROPY.integer_rule(math.log1p((MOST + over) * 2**shift / 2**16), LOGITS) for over in (-0.5, 0.5)
    )
    assert (just_fits.shift, len(just_fits.bounds)) == (shift, MOST + 1)
    assert (too_long.shift, len(too_long.bounds)) == (shift + 1, MOST // 2 + 2)


def test_tables_are_of_32_bits() -> None:
    rule = ENTROPY.integer_rule(0.5, LOGITS)
    assert rule.exponentials.dtype == rule.weighted.dtype == rule.bounds.dtype == np.int32


@pytest.mark.parametrize("threshold", [0.0, -0.1, math.nan, math.inf])
def test_a_threshold_that_is_no_entropy_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=f"entropy threshold {threshold} is not a finite number above 0"):
        ENTROPY.check_threshold(threshold)


@pytest.mark.parametrize(("value", "readable"), [(0.0123456, 0.0123), (1.23456, 1.23)])
def test_a_readable_threshold_keeps_its_digits(value: float, readable: float) -> None:
    assert ENTROPY.readable(value, 3) == readable
