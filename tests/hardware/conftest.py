"""What the hardware tests share: a real export, and a published design."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from shared import shared

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.export import export
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.partition_reader import read_partitions
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.search.space_tree import space_tree
from fpga_ee.hardware.simulation import harness
from fpga_ee.networks.catalogue import make_network
from fpga_ee.quantization.quantize import quantize

from .fpgaconvnet.partition_files import design_a1
from .rtl.compiled import compiled


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Programs of simulations are kept from test to test."""
    with patch.object(harness, "compiled", compiled):
        yield


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
def published_design(tmp_path: Path) -> EstimatedDesign:
    """The smallest design of the published early-exit work, from a partition file with early-exit layers."""
    path = tmp_path / "a1.json"
    path.write_text(json.dumps(design_a1()))
    graph, foldings = read_partitions(path)
    root = space_tree(graph, [0.25], FPGACONVNET, buffered=[2])
    return estimated(graph, FPGACONVNET, root, given_design(root, foldings))
