"""Fixtures of the hardware tests: exports, small accelerators, and a published design."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from helpers.compiled import compiled
from helpers.lenet_export import export_b_lenet_se, unsure_export
from helpers.partition_files import design_a1
from helpers.shared import shared
from helpers.small_accelerators import SMALL, export_small
from torch import nn

from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.partition_reader import read_partitions
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.search.space_graph import space_graph
from fpga_ee.hardware.simulation import harness


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Programs of simulations are kept from test to test."""
    with patch.object(harness, "compiled", compiled):
        yield


@pytest.fixture(scope="session")
def exported() -> Path:
    """B_Lenet_se with random weights, as `fpga-ee export` writes it; a quarter of all samples is late."""
    return unsure_export()


@pytest.fixture(scope="session")
def half_early() -> Path:
    """The same network with a threshold that about half of all digits leave early at."""
    return shared("half_early", lambda folder: export_b_lenet_se(folder, threshold=0.1085))


@pytest.fixture
def published_design(tmp_path: Path) -> EstimatedDesign:
    """The smallest design of the published early-exit work, from a partition file with early-exit layers."""
    path = tmp_path / "a1.json"
    path.write_text(json.dumps(design_a1()))
    graph, foldings = read_partitions(path)
    nodes = space_graph(graph, [0.25], FPGACONVNET, buffered=[2])
    return estimated(graph, FPGACONVNET, nodes, given_design(nodes, foldings))


@pytest.fixture(scope="module")
def small() -> Path:
    """An export of two convolutions."""
    return shared("small", lambda folder: export_small(nn.Conv2d(4, 4, 3, padding=1), folder))


@pytest.fixture(scope="module")
def accelerator(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rtl")
    generate(small, Design(SMALL, 2), folder)
    return folder
