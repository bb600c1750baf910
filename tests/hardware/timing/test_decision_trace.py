"""Decisions that are drawn at given rates."""

import numpy as np
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.hardware.timing.decision_trace import drawn


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4).map(lambda rates: sorted(rates, reverse=True)))
@settings(max_examples=draws(20))
def test_drawn_decisions_have_the_wanted_rates(rates: list[float]) -> None:
    exits = drawn(rates).exits
    for stage, rate in enumerate(rates):
        assert rate <= np.mean(exits > stage) < rate + 1e-4 + 1e-12
