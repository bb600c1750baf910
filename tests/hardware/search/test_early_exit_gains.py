"""The gain of early exits at every budget, and a design at late rates that it was not chosen for."""

from helpers.networks import B_LENET_FCN, B_LENET_SE, on_zc706
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.hardware.search.assessment import assess
from fpga_ee.hardware.search.design_space import FrontPoint
from fpga_ee.hardware.search.early_exit_gains import OffRate, baseline, gains, robustness
from fpga_ee.hardware.timing.decision_trace import drawn


@given(
    st.lists(st.builds(FrontPoint, st.floats(1, 100), st.floats(0, 1)), max_size=6),
    st.floats(0, 1),
)
def test_a_gain_takes_the_fastest_that_fits(points: list[FrontPoint], budget: float) -> None:
    fitting = [point.throughput for point in points if point.share <= budget]
    assert gains(points, points, [budget])[0].early_exit == (max(fitting) if fitting else 0)


def test_both_have_the_same_share_of_the_board() -> None:
    """A design that is no larger than it must be is not compared with one that may be."""
    space = on_zc706(B_LENET_SE, 0.25)
    chosen = space.cheapest(20_000)
    assessment = assess(space, chosen, drawn(space.late_rates))
    assert assessment.without is not None
    assert assessment.without.resources.share(space.budget.board.resources) <= assessment.share < 0.5
    whole = baseline(space, 1.0)
    assert assessment.throughput_without < whole.budget.throughput(whole.fastest().period((1.0,)))
    assert assessment.gain == assessment.throughput / assessment.throughput_without


def test_a_design_is_as_fast_as_its_slower_stage_when_rates_are_off() -> None:
    space = on_zc706(B_LENET_FCN, 0.25)
    chosen = space.fastest()
    first, second = chosen.stage_interval(0), chosen.stage_interval(1)
    found = robustness(chosen, space, (-0.1, 0.0, 0.1, 0.9))
    assert found == [OffRate((rate,), 125e6 / max(first, second * rate)) for rate in (0.15, 0.25, 0.35, 1.0)]


def test_a_rate_that_cannot_be_is_not_told() -> None:
    space = on_zc706(B_LENET_FCN, 0.02)
    found = robustness(space.fastest(), space, (-0.1, -0.05, 0.0))
    assert [one.late_rates for one in found] == [(0.0,), (0.02,)]
