"""The cycle model of a whole accelerator: its busiest block, and bursts that a buffer cannot hold."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import export_quantized
from helpers.exported import RULES, Exported
from helpers.small_networks import stripes
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe, generate, load
from fpga_ee.hardware.design.throughput import pace, period
from fpga_ee.hardware.diagram.diagram import Diagram
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation.simulate import Simulation, simulate
from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import quantize

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
    return describe(exported, Design(FOLDINGS)).diagram


def test_early_samples_take_the_first_stage_late_ones_the_slowest(diagram: Diagram) -> None:
    assert period(diagram, [0] * 100, [2]) == EARLY
    assert period(diagram, [1] * 100, [2]) == LATE
    assert period(diagram, [0, 1] * 100, [64]) == pytest.approx(LATE / 2, rel=0.02)


def test_copies_share_the_samples(exported: Path) -> None:
    diagram = describe(exported, Design(FOLDINGS, 2, {"stage.0": 4, "stage.1": 3})).diagram
    assert period(diagram, [0] * 100, [2]) == EARLY / 4
    assert period(diagram, [1] * 1500, [2]) == pytest.approx(LATE / 3, rel=0.002)
    bursts = ([0] * 95 + [1] * 5) * 10
    assert period(diagram, bursts, [16]) == pytest.approx(EARLY / 4, rel=0.01)


def test_a_burst_costs_time_unless_the_buffer_holds_it(diagram: Diagram) -> None:
    bursts = ([0] * 95 + [1] * 5) * 10
    assert period(diagram, bursts, [16]) == pytest.approx(EARLY, rel=0.001)
    assert period(diagram, bursts, [2]) > 1.1 * EARLY


@pytest.mark.slow
def test_a_folded_product_keeps_its_interval_though_its_sums_are_narrowed(
    exported: Path, tmp_path: Path
) -> None:
    """It gives the filters of a position in one burst, faster than a requantise of one stream takes them."""
    narrow = {"backbone.1.1.layer.0": Folding(10, 4, 1, 5), "backbone.1.1.layer.0.requantise": Folding()}
    generate(exported, Design(FOLDINGS | narrow | {"exits.1.0": Folding(1, 5)}), tmp_path)
    codes = np.moveaxis(load_mnist("validation").head(40).images, 1, -1)
    found = simulate(load(exported, tmp_path), tmp_path, codes)
    assert (found.problem, found.exits) == (None, (0, 40))
    assert found.interval == pytest.approx(144 * 5 * 5, rel=0.01)


@pytest.mark.parametrize("relu", [{}, {"backbone.1.1.layer.0.max_pool.relu": Folding(5, 5)}])
def test_a_product_that_holds_a_beat_does_not_hold_up_what_gathers_the_next(
    exported: Path, relu: dict[str, Folding]
) -> None:
    """Otherwise its interval would be the sum of both.

    A ReLU between them is no hardware, however a design folds it.
    """
    gathered = {"exits.1.0": Folding(5, 1), "backbone.1.1.layer.0.max_pool": Folding()}
    diagram = describe(exported, Design(FOLDINGS | gathered | relu)).diagram
    source = {stream: block.module.NAME for block in diagram.blocks for stream in block.given}
    (linear,) = (block for block in diagram.blocks if block.name == "exits_1_0")
    assert "stream_widen" in source.values()
    assert source[linear.entering] == "stream_fifo"


def test_the_buffer_that_a_burst_enters_is_the_one_that_must_hold_it(
    three_exits: Exported,
) -> None:
    """Three exits, whose first stage is the slowest: nothing waits long behind the second."""
    build = three_exits.folder
    foldings = {"backbone.0.layer.0": Folding(1, 4, 1, 9), "backbone.1": Folding(4, 4)}
    diagram = describe(build, Design(foldings)).diagram
    bursts = ([0] * 17 + [1] * 3) * 20
    assert period(diagram, bursts, [16, 1]) == period(diagram, bursts, [16, 16])
    assert period(diagram, bursts, [1, 16]) > period(diagram, bursts, [16, 1])


def test_a_run_that_ends_before_the_buffer_is_full_is_as_fast_as_the_first_stage(diagram: Diagram) -> None:
    """In the long run the second stage keeps samples out, but not yet."""
    run = [0, 1] * 60
    assert pace(diagram, run, [64]) == EARLY
    assert period(diagram, run, [64]) == LATE / 2


def test_too_few_samples_have_no_pace(diagram: Diagram) -> None:
    assert pace(diagram, [0] * 17, [2]) is None
    assert pace(diagram, [0] * 18, [2]) == EARLY


SHARED = {"backbone.1.1.layer.0.requantise": Folding(), "exits.1.0": Folding(1, 2)}
"""A pooling of one stream, and directly behind it a product that holds every word for five cycles."""


@pytest.mark.slow
@pytest.mark.parametrize("others", [{}, SHARED], ids=["second stage slow", "product behind pooling slow"])
@pytest.mark.parametrize("depth", [1, 2, 8])
def test_a_run_is_as_fast_as_simulated(
    half_early: Path, others: Mapping[str, Folding], depth: int, tmp_path: Path
) -> None:
    """Half of all samples are late, so the buffer is full: each stall must be as long as it is."""
    generate(half_early, Design(FOLDINGS | others, depth), tmp_path)
    codes = np.moveaxis(load_mnist("validation").head(50).images, 1, -1)
    found = simulate(load(half_early, tmp_path), tmp_path, codes)
    assert found.problem is None
    assert found.interval is not None
    assert found.model_interval is not None
    assert found.interval > 1.2 * EARLY
    assert found.model_interval == pytest.approx(found.interval, rel=0.01)
    # What the buffer holds when the last sample has entered is still to be worked on.
    assert min(activity.model_idle for activity in found.activities) >= 0


def simulated(network: EarlyExitNetwork, plan: Design, folder: Path) -> Simulation:
    """The simulation of a network of random weights on images of 8 x 8."""
    images = stripes("stripes", 60, 1)
    quantized = quantize(network.eval(), torch.from_numpy(images.inputs()), Widths())
    export_quantized(network, quantized, RULES[:1], folder / "build")
    generate(folder / "build", plan, folder / "rtl")
    return simulate(load(folder / "build", folder / "rtl"), folder / "rtl", np.moveaxis(images.images, 1, -1))


@pytest.mark.slow
def test_words_are_gathered_for_a_split_while_it_holds_some(tmp_path: Path) -> None:
    """The exit's product holds the beats of the split, and a pooling of one stream goes on meanwhile."""
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[
            ConvPoolAc(1, 4, kernel=3, padding=1),
            nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU()),
        ],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(64, 16)), nn.Linear(8, 16)],
        exit_loss_weights=(1.0, 1.0),
        input_shape=(1, 8, 8),
    )
    plan = Design(
        {
            "backbone.0.layer.0": Folding(1, 4, 1, 9),
            "backbone.0.layer.0.max_pool": Folding(),
            "split.0": Folding(4, 4),
            "exits.0.1": Folding(4, 1),
            "backbone.1.1": Folding(4, 8),
            "exits.1": Folding(8, 16),
        },
        4,
    )
    found = simulated(network, plan, tmp_path)
    assert (found.problem, found.interval, found.model_interval) == (None, 256, 256)


@pytest.mark.slow
def test_a_vector_is_computed_while_the_one_before_is_read(tmp_path: Path) -> None:
    """Three linear layers, the second as slow as the first: they do not take turns."""
    torch.manual_seed(0)
    head = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 10)
    )
    network = EarlyExitNetwork(
        backbone=[
            ConvPoolAc(1, 4, kernel=3, padding=1),
            nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()),
        ],
        exits=[head, nn.Sequential(nn.Flatten(), nn.Linear(64, 10))],
        exit_loss_weights=(1.0, 1.0),
        input_shape=(1, 8, 8),
    )
    plan = Design(
        {
            "backbone.0.layer.0": Folding(1, 4, 1, 9),
            "backbone.1.0": Folding(4, 4, 1, 9),
            "exits.0.1": Folding(4, 4),
            "exits.1.1": Folding(4, 10),
        },
        4,
    )
    found = simulated(network, plan, tmp_path)
    assert (found.problem, found.interval, found.model_interval) == (None, 256, 256)
