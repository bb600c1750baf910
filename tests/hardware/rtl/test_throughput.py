"""The cycle model of a whole accelerator: its busiest block, and bursts that a buffer cannot hold."""

from pathlib import Path

import pytest
from exported import export_three_exits

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.rtl.diagram import Diagram
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.generate import describe
from fpga_ee.hardware.rtl.throughput import period

FOLDINGS = {
    "backbone.0.layer.0": Folding(1, 5, 1, 25),
    "exits.0.0.layer.0": Folding(1, 10, 1, 9),
    "exits.0.2": Folding(1, 5),
    "backbone.1.0.layer.0": Folding(1, 10, 1, 25),
    "backbone.1.1.layer.0": Folding(1, 10, 1, 25),
}
EARLY, LATE = 16 * 16 * 5, 720 * 10
"""The exit's convolution, and the last linear layer."""


@pytest.fixture(scope="module")
def diagram(exported: Path) -> Diagram:
    return describe(exported, Plan(FOLDINGS)).diagram


def test_early_samples_take_the_first_stage_late_ones_the_slowest(diagram: Diagram) -> None:
    assert period(diagram, [0] * 100, [2]) == EARLY
    assert period(diagram, [1] * 100, [2]) == LATE
    assert period(diagram, [0, 1] * 100, [64]) == pytest.approx(LATE / 2, rel=0.02)


def test_copies_share_the_samples(exported: Path) -> None:
    diagram = describe(exported, Plan(FOLDINGS, 2, {"stage.0": 4, "stage.1": 3})).diagram
    assert period(diagram, [0] * 100, [2]) == EARLY / 4
    assert period(diagram, [1] * 1500, [2]) == pytest.approx(LATE / 3, rel=0.002)
    bursts = ([0] * 95 + [1] * 5) * 10
    assert period(diagram, bursts, [16]) == pytest.approx(EARLY / 4, rel=0.01)


def test_a_burst_costs_time_unless_the_buffer_holds_it(diagram: Diagram) -> None:
    bursts = ([0] * 95 + [1] * 5) * 10
    assert period(diagram, bursts, [16]) == pytest.approx(EARLY, rel=0.001)
    assert period(diagram, bursts, [2]) > 1.1 * EARLY


def test_the_buffer_that_a_burst_enters_is_the_one_that_must_hold_it(
    validation_images: LabelledImages, tmp_path: Path
) -> None:
    """Three exits, whose first stage is the slowest: nothing waits long behind the second."""
    build = export_three_exits(validation_images, tmp_path / "three").folder
    diagram = describe(build, Plan({})).diagram
    bursts = ([0] * 17 + [1] * 3) * 20
    assert period(diagram, bursts, [16, 1]) == period(diagram, bursts, [16, 16])
    assert period(diagram, bursts, [1, 16]) > period(diagram, bursts, [16, 1])
