"""The integer rule of the margin is the float rule of the same logits, exactly."""

import math

import numpy as np
import pytest
from helpers.draws import draws
from helpers.integer_logits import LOGITS, formats, random_integers, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.margin import CRITERION as MARGIN

margins = st.one_of(
    st.floats(0, 100),
    st.integers(0, 1000).map(lambda steps: steps / 16),
    st.sampled_from([5e-324, 4095.9375, 1e300]),
)


@settings(max_examples=draws(300))
@given(on=formats, seed=seeds, threshold=margins)
def test_it_is_the_float_rule(on: FixedPoint, seed: int, threshold: float) -> None:
    """Differences of logits on a grid are exact in float64, so not one sample may differ."""
    integers = random_integers(on, seed)
    ordered = np.sort(integers * on.scale, axis=1)
    exact = ordered[:, -1] - ordered[:, -2] > threshold
    np.testing.assert_array_equal(MARGIN.integer_rule(threshold, on)(integers), exact)


@pytest.mark.parametrize(
    ("threshold", "bound"),
    [(0.0, 0), (1 / 16, 1), (0.0624, 0), (0.0626, 1), (4095.9375, 65535), (1e300, 2**31 - 1)],
)
def test_a_bound_is_the_threshold_in_whole_steps_of_the_grid(threshold: float, bound: int) -> None:
    assert MARGIN.integer_rule(threshold, LOGITS).bound == bound


def test_equal_largest_logits_stay_by_every_threshold() -> None:
    ties = np.array([[48, 48, -8000], [-5, -5, -5], [32767, 0, 32767], [-32768, -32768, -32768]])
    assert not MARGIN.integer_rule(0.0, LOGITS)(ties).any()


def test_one_step_more_than_a_tie_leaves_by_the_loosest_threshold() -> None:
    near = np.array([[48, 47, 47], [-32767, -32768, -32768], [32766, 32767, 0]])
    assert MARGIN.integer_rule(0.0, LOGITS)(near).all()


def test_two_classes_leave_by_their_distance_alone() -> None:
    pairs = np.array([[3, 20], [20, 3], [3, 19], [19, 3]])
    assert MARGIN.integer_rule(1.0, LOGITS)(pairs).tolist() == [True, True, False, False]


def test_saturated_logits_are_told_up_to_the_largest_margin_of_16_bits() -> None:
    farthest = np.array([[32767, -32768, -32768]], np.int32)
    assert MARGIN.integer_rule(65534 / 16, LOGITS)(farthest).tolist() == [True]
    assert MARGIN.integer_rule(65535 / 16, LOGITS)(farthest).tolist() == [False]


@pytest.mark.parametrize("frac", [-64, 17, 64])
def test_it_needs_no_table_so_every_grid_will_do(frac: int) -> None:
    rule = MARGIN.integer_rule(1.0, FixedPoint(16, signed=True, frac=frac))
    assert rule.bound == min(math.floor(2.0**frac), 2**31 - 1)


@pytest.mark.parametrize("threshold", [-0.1, -5e-324, math.nan, math.inf])
def test_a_threshold_that_is_no_margin_is_refused(threshold: float) -> None:
    with pytest.raises(
        ValueError, match=f"margin threshold {threshold} is not a finite number of at least 0"
    ):
        MARGIN.check_threshold(threshold)


@pytest.mark.parametrize(("value", "readable"), [(12.3456, 12.3), (0.0123456, 0.0123), (0.0, 0.0)])
def test_a_readable_threshold_keeps_its_digits(value: float, readable: float) -> None:
    assert MARGIN.readable(value, 3) == readable
