"""A small accelerator of two stages, and copies of it to be broken."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.hardware.design.generate import load_trusting
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation.simulate import Pauses, Simulation, simulate
from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import quantize
from helpers.deploying import export_quantized
from helpers.exported import RULES
from helpers.small_networks import stripes

STRIPES = stripes("stripes", 60, 1)


def export_small(second: nn.Module, folder: Path) -> None:
    """Export two stages for images of 8 x 8 with random weights, the second as given."""
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[ConvPoolAc(1, 4, kernel=3, padding=1), nn.Sequential(second)],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(64, 3)) for _ in range(2)],
        exit_loss_weights=(1.0, 1.0),
        input_shape=(1, 8, 8),
    ).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(3)
    quantized = quantize(network, torch.from_numpy(STRIPES.inputs()), Widths())
    export_quantized(network, quantized, RULES[:1], folder)


def codes_of(count: int) -> np.ndarray:
    """Striped images of which some leave early and some go on."""
    return np.moveaxis(STRIPES.images[:count], 1, -1)


SMALL = {"backbone.0.layer.0": Folding(1, 4, 1, 9)}
"""The first convolution has all its weights at hand."""


def simulate_broken(build: Path, folder: Path, codes: NDArray[np.uint8], *pauses: Pauses) -> Simulation:
    return simulate(load_trusting(build, folder), folder, codes, *pauses)


def broken_copy(accelerator: Path, folder: Path) -> Path:
    for path in accelerator.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
