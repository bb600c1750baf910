"""Accelerators with weights of eight bits, and with filters that have grids of their own."""

from collections.abc import Callable
from math import isclose
from pathlib import Path

import pytest
import torch
from helpers.deploying import export_quantized
from helpers.exported import RULES
from helpers.filter_grids import with_grids_of_filters
from helpers.shared import shared
from helpers.small_accelerators import STRIPES, codes_of
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.flow.synthesise import synthesise_step
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate, load
from fpga_ee.hardware.diagram.module import tree
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.library.product_pair import ProductPair
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation.simulate import Pauses, simulate
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import Quantized, quantize

FOLDINGS = {
    # Weights that never change: all filters are computed at once.
    "backbone.0.0": Folding(1, 4, 1, 9),
    "backbone.1.0": Folding(2, 4, 1, 3),
    "backbone.1.2": Folding(1, 1, 2, 3),
    "exits.0.1": Folding(4, 3),
    "exits.1.1": Folding(4, 1),
}
"""Filters in one turn and in several, one and several of them at once."""


def small_network() -> EarlyExitNetwork:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[
            nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
            nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8)),
        ],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(size, 3)) for size in (64, 32)],
        exit_loss_weights=(1.0, 1.0),
        input_shape=(1, 8, 8),
    ).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(3)
    return network


def of_eight_bits(network: EarlyExitNetwork) -> Quantized:
    return quantize(network, torch.from_numpy(STRIPES.inputs()), Widths(weight_bits=8))


def of_filters(network: EarlyExitNetwork) -> Quantized:
    quantized = quantize(network, torch.from_numpy(STRIPES.inputs()), Widths())
    return with_grids_of_filters(network, quantized, seed=1)


def of_filters_and_eight_bits(network: EarlyExitNetwork) -> Quantized:
    return with_grids_of_filters(network, of_eight_bits(network), seed=2)


@pytest.fixture(params=[of_eight_bits, of_filters, of_filters_and_eight_bits], ids=lambda it: it.__name__)
def build(request: pytest.FixtureRequest) -> Path:
    """An export with its accelerator in ``rtl``."""
    weights: Callable[[EarlyExitNetwork], Quantized] = request.param

    def make(folder: Path) -> None:
        network = small_network()
        export_quantized(network, weights(network), RULES[:1], folder)
        generate(folder, Design(FOLDINGS, 4), folder / "rtl")

    return shared(weights.__name__, make)


@pytest.mark.slow
@pytest.mark.parametrize("percent", [0, 30])
def test_its_bits_and_cycles_are_those_that_were_told(build: Path, percent: int) -> None:
    found = simulate(load(build, build / "rtl"), build / "rtl", codes_of(60), Pauses(percent, seed=1))
    assert found.problem is None
    if not percent:
        assert found.model_interval == pytest.approx(found.interval, rel=0.1, abs=2)


@pytest.mark.slow
def test_two_weights_share_a_multiplier_and_the_model_counts_what_synthesis_does(build: Path) -> None:
    pairs = sum(
        count
        for block in load(build, build / "rtl").diagram.blocks
        for inner, count in tree(block.module, SERIES_7)
        if isinstance(inner, ProductPair)
    )
    # Of six words a cycle for four filters, and of four for three.
    assert pairs == 6 * 2 + 4
    counted = synthesise_step(build, build / "rtl", SERIES_7)
    real, said = counted.synthesis.total, counted.modelled
    assert (said.dsp, said.bram) == (real.dsp, real.bram)
    assert isclose(said.lut, real.lut, rel_tol=0.05)
    assert isclose(said.ff, real.ff, rel_tol=0.01)
