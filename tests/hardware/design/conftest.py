"""An accelerator, and copies of it to be broken."""

import shutil
from pathlib import Path

import pytest
from helpers.shared import shared

from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate


@pytest.fixture(scope="session")
def generated(exported: Path) -> Path:
    """The smallest accelerator of B_Lenet_se whose conditional buffer holds two samples."""
    return shared("accelerator", lambda folder: generate(exported, Design({}, 2), folder))


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    """A copy of it to be broken."""
    return shutil.copytree(generated, tmp_path / "rtl")
