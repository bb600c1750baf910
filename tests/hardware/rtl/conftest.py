"""One bench for the cases of all modules, since compiling costs more than simulating; and one accelerator."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from shared import shared

from fpga_ee.hardware.rtl import harness
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.generate import generate

from . import test_decisions, test_layers, test_streams, testbench
from .compiled import compiled
from .testbench import Outcome

Outcomes = Callable[[str], list[Outcome]]


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    with patch.object(harness, "compiled", compiled):
        yield


@pytest.fixture(scope="session")
def generated(exported: Path) -> Path:
    """The smallest accelerator of B_Lenet_se whose conditional buffer holds two samples."""
    return shared("accelerator", lambda folder: generate(exported, Plan({}, 2), folder))


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    """A copy of it to be broken."""
    return shutil.copytree(generated, tmp_path / "rtl")


@pytest.fixture(scope="session")
def outcomes() -> Outcomes:
    """Give the outcomes of a group of cases, after checking that they are as they must be."""
    groups = test_streams.cases() | test_layers.cases() | test_decisions.cases()
    flat = [(name, case) for name, cases in groups.items() for case in cases]
    cases = [case for _, case in flat]
    simulated = testbench.outcomes(cases, shared("bench", lambda folder: testbench.run(cases, folder)))

    def checked(group: str) -> list[Outcome]:
        chosen = [outcome for (name, _), outcome in zip(flat, simulated, strict=True) if name == group]
        assert chosen
        for outcome in chosen:
            outcome.check()
        return chosen

    return checked
