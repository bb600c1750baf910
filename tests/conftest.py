"""Fixtures for several folders of tests: a small network, small sets of images, small exports."""

import gc
import logging
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.built import Built, build, built_in
from helpers.deploying import export_float, export_quantized
from helpers.draws import SEED, TIMES, set_up
from helpers.exported import RULES, Exported
from helpers.exported import three_exits as make_three_exits
from helpers.idx_files import write_idx
from helpers.shared import shared
from helpers.small_networks import Striped, stripes
from torch._export import utils as exporting
from torch.onnx._internal.exporter._registration import ONNXRegistry

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork

# To whoever listens, as pytest does, torch tells every detail of every export, at a third of the time.
logging.getLogger("torch.__trace").propagate = False

# Each export looks anew for what converts each operator, at a third of its time; the tests export hundreds.
_found = cache(ONNXRegistry.from_torchlib)
ONNXRegistry.from_torchlib = staticmethod(_found)

# Each export looks up all operators that are written in C++, once for each of torch's namespaces.
exporting._materialize_cpp_cia_ops = cache(exporting._materialize_cpp_cia_ops)

set_up()


def seed_all() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - libraries draw from it
    torch.manual_seed(0)


def pytest_runtest_setup() -> None:
    """Let no test depend on those that ran before it in the same process."""
    seed_all()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Iterator[None]:
    """Nor a fixture on the test that was the first to need it."""
    seed_all()
    return (yield)


def pytest_collection_finish() -> None:
    """Keep the modules of torch from the garbage collector, which would search them at every export."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SEED is not None and terminalreporter.stats.get("failed"):
        terminalreporter.section("how to repeat")
        terminalreporter.line(f"all of them:  make test-random SEED={SEED} TIMES={TIMES}")
        terminalreporter.line(
            f"one of them:  DRAW_SEED={SEED} DRAW_TIMES={TIMES} .venv/bin/pytest tests/...::test_..."
        )


@pytest.fixture
def network() -> EarlyExitNetwork:
    return make_network("helpers.small_networks:Striped")


@pytest.fixture(scope="session")
def train_images() -> LabelledImages:
    return stripes("stripes train", 200, seed=1)


@pytest.fixture(scope="session")
def validation_images() -> LabelledImages:
    return stripes("stripes validation", 100, seed=2)


@pytest.fixture(scope="session")
def digits() -> LabelledImages:
    """The embedded digits."""
    return load_mnist("validation")


@pytest.fixture(scope="session")
def three_exits(validation_images: LabelledImages) -> Exported:
    """A fixed-point export; tests that change files do so in a copy."""
    network, quantized = make_three_exits(validation_images)
    folder = shared("three exits", lambda folder: export_quantized(network, quantized, RULES, folder))
    return Exported(network, quantized, folder)


@pytest.fixture(scope="session")
def exported(three_exits: Exported) -> Exported:
    return three_exits


@pytest.fixture(scope="session")
def float_export() -> Path:
    """A float export of ``Striped``."""
    return shared("float", lambda folder: export_float(Striped(), RULES[:1], folder))


@pytest.fixture(scope="session")
def built() -> Built:
    """A network on digits with all its files; tests that change files do so in a copy."""
    return built_in(shared("built", build))


@pytest.fixture
def mnist(tmp_path: Path, digits: LabelledImages) -> Path:
    """A folder like the published one, with only 1,000 digits to train on."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    train = np.concatenate([np.arange(10_000), np.arange(1000)])
    for name, indices in (("train", train), ("t10k", np.arange(100))):
        write_idx(folder / f"{name}-images-idx3-ubyte", digits.images[indices, 0])
        write_idx(folder / f"{name}-labels-idx1-ubyte", digits.labels[indices].astype(np.uint8))
    return folder
