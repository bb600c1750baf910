"""Kinds of layers: each is complete, and stands in a file of its own that hardly anything else names."""

import ast
from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from pkgutil import iter_modules

import fpga_ee
from fpga_ee.hardware.network import layers
from fpga_ee.hardware.network.layers.addition import Addition
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise

# Here mypy holds every kind against the protocol: this file is among those that it checks.
KINDS: list[type[Layer]] = [
    Addition,
    AveragePooling,
    Convolution,
    GlobalAverage,
    Linear,
    Pooling,
    Relu,
    Requantise,
]

ROOT = Path(fpga_ee.__file__).parent

READERS = {
    "hardware/readers/averaged_convolution.py",
    "hardware/readers/chain.py",
    "hardware/readers/conditional_model.py",
    "hardware/readers/joining.py",
}
"""Modules that make layers from files."""

TARGET = "hardware/fpgaconvnet/"
"""fpgaConvNet's own kinds of layers, which stand for ours."""


def test_the_kinds_that_mypy_checks_are_all_that_there_are() -> None:
    found = {
        value
        for module in iter_modules(layers.__path__, f"{layers.__name__}.")
        for value in vars(import_module(module.name)).values()
        if isinstance(value, type) and hasattr(value, "drawn") and value is not Layer
    }
    assert found == set(KINDS)
    assert not [kind for kind in KINDS if isabstract(kind)]


def test_a_kind_has_a_file_of_its_own() -> None:
    files = [kind.__module__ for kind in KINDS]
    assert len(set(files)) == len(KINDS)


def imported(path: Path) -> Iterator[str]:
    """List the full names of all imports of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_only_what_reads_files_and_the_other_target_names_a_kind() -> None:
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in KINDS} | {kind.__module__ for kind in KINDS}
    naming = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if kinds & set(imported(path))}
    assert {name for name in naming if not name.startswith(TARGET)} == READERS
