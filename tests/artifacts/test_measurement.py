"""Shares of images belong to a whole number of images, and fit together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.measurement import Measurement, check_shares


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[int, list[float], list[float], float]:
    """Images that leave at exits which are right or not: always possible."""
    exits = draw(st.integers(1, 4))
    image = st.tuples(st.integers(0, exits - 1), st.lists(st.booleans(), min_size=exits, max_size=exits))
    images = draw(st.lists(image, min_size=1, max_size=60))
    count = len(images)
    rates = [sum(exit_ == index for exit_, _ in images) / count for index in range(exits)]
    accuracies = [sum(right[index] for _, right in images) / count for index in range(exits)]
    return count, rates, accuracies, sum(right[exit_] for exit_, right in images) / count


@given(outcomes())
def test_what_images_can_give_is_taken(outcome: tuple[int, list[float], list[float], float]) -> None:
    check_shares(*outcome)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((10, (0.5, 0.5), (0.5,), 0.5), "2 exit rates and 1 exit accuracies"),
        ((10, (), (), 0.5), "0 exit rates"),
        ((10, (float("nan"), 1.0), (0.5, 0.5), 0.5), r"exit_rates\[0\] nan is not between 0 and 1"),
        ((10, (-0.5, 1.5), (0.5, 0.5), 0.5), r"exit_rates\[0\] -0\.5 is not between 0 and 1"),
        ((10, (0.25, 0.75), (0.5, 0.5), 0.5), r"exit_rates\[0\] 0\.25 is no share of 10 images"),
        ((10, (0.5, 0.4), (0.5, 0.5), 0.5), "exit_rates are of 9 images, not of all 10"),
        ((10, (0.5, 0.6), (0.5, 0.5), 0.5), "exit_rates are of 11 images, not of all 10"),
        ((10, (1.0, 0.0), (0.55, 0.5), 0.5), r"exit_accuracies\[0\] 0\.55 is no share"),
        ((10, (1.0, 0.0), (0.5, 0.5), 0.6), r"accuracy 0\.6 cannot be .* between 0\.5 and 0\.5"),
        ((10, (0.5, 0.5), (0.9, 0.9), 0.7), r"between 0\.8 and 1\.0"),
        ((10, (0.5, 0.5), (0.2, 0.1), 0.4), r"between 0\.0 and 0\.3"),
    ],
)
def test_what_no_images_can_give_is_refused(
    shares: tuple[int, tuple[float, ...], tuple[float, ...], float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Measurement("some images", *shares)
