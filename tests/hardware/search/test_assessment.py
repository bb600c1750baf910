"""The figures of one design: its buffers among them."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.networks import B_LENET_SE, THREE_EXITS, on_zc706

from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.search.assessment import assess
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space, settled
from fpga_ee.hardware.timing.decision_trace import drawn

FULL = (1.0, 1.0, 1.0, 1.0)


def test_an_assessment_measures_the_buffer_that_is_built() -> None:
    space, chosen = settled(on_zc706(B_LENET_SE, 0.25), Space.fastest)
    trace = drawn((0.25,))
    assert np.mean(trace.exits) == pytest.approx(0.25, abs=0.02)
    assessment = assess(space, chosen, trace)
    buffer = assessment.buffers[0]
    curve = {depth.samples: depth.simulated for depth in buffer.curve}
    assert buffer.simulated == curve[buffer.built] <= assessment.throughput
    deep = replace(space, buffered=(buffer.sufficient,))
    again = assess(deep, deep.fastest(), trace)
    assert again.buffers[0].simulated >= 0.99 * assessment.throughput
    assert assessment.throughput_without is not None
    assert assessment.throughput > assessment.throughput_without


def test_no_buffer_lets_more_through_than_the_network_does() -> None:
    """A later stage could take more samples than the stage before it lets through."""
    budget = Budget(boards.load("zcu102"), FULL, 125)
    space, chosen = settled(Space(THREE_EXITS, (0.5, 0.1), budget, FPGACONVNET, (1, 1)), Space.fastest)
    assessment = assess(space, chosen, drawn(space.late_rates))
    assert chosen.stage_interval(1) < 2 * chosen.stage_interval(0)
    for buffer in assessment.buffers:
        assert max(depth.simulated for depth in buffer.curve) <= assessment.throughput
        assert max(depth.estimated for depth in buffer.curve) <= assessment.throughput
