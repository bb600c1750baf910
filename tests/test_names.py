"""A name stands for one thing: one module, one class, and no class that has the name of a standard one."""

import ast
import builtins
import importlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import fpga_ee

PACKAGE = Path(fpga_ee.__file__).parent

# Steps of the flow are named after their verb, modules of the library after their hardware. In a
# room of kinds a file is named after its kind, which may have a file in several rooms.
NAMED_AFTER_OTHERS = (
    "flow",
    "hardware/library",
    "hardware/fpgaconvnet/layers",
    "quantization/operators",
    "exits/measures",
    "export/decisions/criteria",
)

SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def nodes() -> Iterator[ast.AST]:
    for path in SOURCES:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def classes() -> list[str]:
    return [node.name for node in nodes() if isinstance(node, ast.ClassDef)]


def standard_names() -> set[str]:
    """All names of the standard modules that the package imports, and the built-in ones."""
    imported = {module for node in nodes() for module in modules_of(node)}
    standard = [module for module in imported if module.partition(".")[0] in sys.stdlib_module_names]
    return set(dir(builtins)).union(*(dir(importlib.import_module(module)) for module in standard))


def modules_of(node: ast.AST) -> list[str]:
    """The modules that a statement imports, or imports from."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def twice(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def test_no_two_modules_share_a_name() -> None:
    folders = {path: path.relative_to(PACKAGE).parent.as_posix() for path in SOURCES}
    assert twice(path.stem for path in SOURCES if folders[path] not in NAMED_AFTER_OTHERS) == set()


def test_no_two_classes_share_a_name() -> None:
    assert twice(classes()) == set()


def test_no_class_shadows_a_standard_one() -> None:
    assert standard_names() & set(classes()) == set()


TESTS = Path(__file__).parent

# Tests of several modules at once, of the repository, and of hardware outside of the library.
OF_SEVERAL = {
    "": ("documents", "draws", "examples", "installed", "names", "readme"),
    "flow": ("records",),
    "hardware/library": (
        "exit_decisions",
        "exit_decisions_of_rules",
        "headers",
        "inside",
        "layers",
        "proofs",
        "streams",
    ),
    "hardware/network": ("kinds",),
    "hardware/synthesis": ("serial_pins",),
    "reporting": ("tables",),
}

# Folders of tests that are not those of the package.
OTHERS = ("golden", "hostile", "mutation")

TEST_FILES = sorted(
    path.relative_to(TESTS)
    for path in TESTS.rglob("test_*.py")
    if path.relative_to(TESTS).parts[0] not in OTHERS
)


@pytest.mark.parametrize("path", TEST_FILES, ids=str)
def test_a_test_file_is_named_after_a_module_of_its_folder(path: Path) -> None:
    """``test_<module>.py``, or ``test_<module>_<idea>.py`` where a module has several."""
    folder, name = path.parent, path.stem.removeprefix("test_")
    known = {module.stem for module in (PACKAGE / folder).glob("*.py")} - {"__init__"} | {folder.name}
    of_several = OF_SEVERAL.get(folder.as_posix().removeprefix("."), ())
    assert name in of_several or any(name == one or name.startswith(f"{one}_") for one in known if one)
