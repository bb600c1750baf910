"""A fixed-point network with three exits, exported, for tests that look at its files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import Quantized, quantize
from helpers.deploying import export_quantized
from helpers.small_networks import ThreeExits

RULES = (ExitRule(TOP1, 0.49), ExitRule(ENTROPY, 0.93))
"""One of either kind; some of the striped images leave at each exit."""


@dataclass(frozen=True)
class Exported:
    """A network and the folder of its files."""

    network: EarlyExitNetwork
    quantized: Quantized
    folder: Path


def three_exits(images: LabelledImages) -> tuple[EarlyExitNetwork, Quantized]:
    """Make the network, and its fixed-point form."""
    torch.manual_seed(0)
    network = ThreeExits().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3)
    return network, quantize(network, torch.from_numpy(images.inputs()), Widths(activation_bits=4))


def export_three_exits(images: LabelledImages, folder: Path) -> Exported:
    network, quantized = three_exits(images)
    export_quantized(network, quantized, RULES, folder)
    return Exported(network, quantized, folder)


def edit_manifest(folder: Path, change: Callable[[Any], object]) -> None:
    path = folder / "manifest.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
