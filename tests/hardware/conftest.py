"""What the hardware tests share: a real export, and a published design."""

import json
from pathlib import Path

import pytest
import torch
from shared import shared

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.rules.top1 import TOP1
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.export import export
from fpga_ee.hardware.fpgaconvnet.target import FPGACONVNET
from fpga_ee.hardware.readers.partition import read_partitions
from fpga_ee.hardware.search.implementation import Implementation, implement
from fpga_ee.hardware.search.planned import planned
from fpga_ee.hardware.search.space import design_space
from fpga_ee.networks.catalogue import make_network
from fpga_ee.quantization.quantize import quantize

from .partition_files import design_a1


@pytest.fixture(scope="session")
def exported() -> Path:
    """B_Lenet_se with random weights, as `fpga-ee export` writes it; a quarter of all samples is late."""
    return shared("B_Lenet_se", lambda folder: export_b_lenet_se(folder, threshold=0.9))


@pytest.fixture(scope="session")
def half_early() -> Path:
    """The same network with a threshold that about half of all digits leave early at."""
    return shared("half_early", lambda folder: export_b_lenet_se(folder, threshold=0.1085))


def export_b_lenet_se(folder: Path, threshold: float) -> None:
    """Export B_Lenet_se with random weights: its exits are so unsure that few digits leave above 0.11."""
    network = make_network("B_Lenet_se").eval()
    images = torch.randint(0, 256, (32, 1, 28, 28), generator=torch.Generator().manual_seed(1)) / 256
    quantized = quantize(network, images, Widths())
    rules = [ExitRule(TOP1, threshold)]
    export(
        quantized.network,
        integer_decisions(rules, quantized.formats.logits),
        quantized.formats,
        folder,
        float_network=network,
        name="B_Lenet_se",
        source="B_Lenet_se",
        measured=Measurement("made up", 100, (0.75, 0.25), (0.5, 0.5), 0.5),
    )


@pytest.fixture
def published_design(tmp_path: Path) -> Implementation:
    """The smallest design of the published early-exit work, from a partition file with early-exit layers."""
    path = tmp_path / "a1.json"
    path.write_text(json.dumps(design_a1()))
    graph, foldings = read_partitions(path)
    root = design_space(graph, [0.25], FPGACONVNET, buffered=[2])
    return implement(graph, FPGACONVNET, root, planned(root, foldings))
