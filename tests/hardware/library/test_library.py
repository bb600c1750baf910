"""Every module of the library has two files, and both state the same facts."""

import json
import re
from collections.abc import Mapping
from functools import cache

import pytest
from helpers.headers import claims, value
from helpers.moving_rows import MOVING
from helpers.stream_rows import ROWS

from fpga_ee.hardware import library
from fpga_ee.hardware.area.sweep import Case, case_of
from fpga_ee.hardware.diagram.module import LibraryModule, parameters, tree
from fpga_ee.hardware.fpga.families import MODELLED
from fpga_ee.hardware.tools.sources import AREA, LIBRARY, instances, modules

from .test_headers import COMBINATIONAL

NAMES = [path.stem for path in modules()]

EITHER = {"WEIGHTS", "CONSTANT_WEIGHTS"}
"""Parameters that exclude each other: a memory, or a constant if the memory has one line."""

_PARAMETER = re.compile(r"^    parameter [^=\n]*?(\w+) = (.*?),?(?: +//(.*))?$", re.MULTILINE)


@cache
def header(name: str) -> Mapping[str, str]:
    """Defaults of a module's parameters as SystemVerilog writes them; those that are derived are left out."""
    text = (LIBRARY / f"{name}.sv").read_text()
    declared = text[text.index(f"\nmodule {name} #(") : text.index("\n) (")]
    found = _PARAMETER.findall(declared)
    assert len(found) == declared.count("\n    parameter ")
    return {parameter: default for parameter, default, comment in found if "derived" not in comment}


@cache
def cases() -> list[LibraryModule]:
    """The modules of the cases that synthesis has counted."""
    lines = (AREA / "xc7.jsonl").read_text().splitlines()
    return [case_of(json.loads(line)).made() for line in lines]


@cache
def known() -> Mapping[str, list[LibraryModule]]:
    """All of these and all modules inside of them, on every family, by their names."""
    found: dict[str, list[LibraryModule]] = {name: [] for name in NAMES}
    for family in MODELLED.values():
        for case in cases():
            for module, _ in tree(case, family):
                found[module.NAME].append(module)
    return found


def numbers(module: LibraryModule) -> dict[str, int]:
    return {name: number for name, number in parameters(module).items() if isinstance(number, int)}


def test_every_module_has_a_file_of_its_name_in_both_languages() -> None:
    assert list(library.modules()) == NAMES
    assert {name: module.NAME for name, module in library.modules().items()} == {name: name for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_has_the_parameters_of_its_header(name: str) -> None:
    assert known()[name]
    declared = header(name).keys()
    for module in known()[name]:
        given = {*parameters(module), *module.FROM_TOP, *module.FIXED}
        assert len(given) == len(parameters(module)) + len(module.FROM_TOP) + len(module.FIXED)
        if declared >= EITHER:
            assert len(given & EITHER) == 1
            given |= EITHER
        assert given == declared


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_no_design_changes_has_the_default_of_its_header(name: str) -> None:
    fixed = library.modules()[name].FIXED
    assert {parameter: str(number) for parameter, number in fixed.items()}.items() <= header(name).items()


@pytest.mark.parametrize("name", NAMES)
def test_the_modules_inside_are_those_that_its_text_has_instances_of(name: str) -> None:
    """All that there can be are there in some case of the sweep."""
    inside = {
        inner.NAME
        for family in MODELLED.values()
        for module in known()[name]
        for inner, _ in module.inside(family)
    }
    assert inside == instances(LIBRARY / f"{name}.sv") - {name}


def test_what_a_simulation_reads_of_a_module_is_a_signal_of_its_text() -> None:
    """A path such as ``window__DOT__step`` goes through an instance to a signal inside of it."""
    texts = {name: (LIBRARY / f"{name}.sv").read_text() for name in NAMES}
    for name, module in library.modules().items():
        for signal in module.VISIBLE:
            assert re.search(rf"\b(?:logic|wire|reg)\b[^;=]*\b{signal}\b", texts[name]), (name, signal)
        for path in filter(None, (module.STEP, module.FILL)):
            instance, _, signal = path.rpartition("__DOT__")
            if not instance:
                assert signal in module.VISIBLE
                continue
            (owner,) = re.findall(rf"\b(\w+) #\((?:[^;]*)\) {instance} \(", texts[name])
            assert signal in library.modules()[owner].VISIBLE


SIMULATED = [
    *((row.module, {**row.case.parameters, **row.numbers}) for row in ROWS),
    *((name, moving.numbers) for name, each in MOVING.items() for moving in each),
]
"""Modules that are simulated to measure the figures of their headers, with the parameters of each."""


def simulated(name: str, given: Mapping[str, int | str]) -> LibraryModule:
    """Make the module of a row: parameters without a value have their default, and memories are empty."""
    values = {
        parameter: given[parameter] if isinstance(given.get(parameter), int) else default
        for parameter, default in header(name).items()
    }
    memories = {parameter: ([0], 1) for parameter, text in values.items() if str(text).startswith('"')}
    sizes = {parameter: int(text) for parameter, text in values.items() if parameter not in memories}
    return Case(name, sizes, tables=memories).made()


def check_claims(module: LibraryModule, sizes: Mapping[str, int]) -> None:
    latency, interval = (claims(module.NAME, kind)[0] for kind in ("Latency", "Interval"))
    assert module.latency == value(latency, sizes), module
    assert module.interval == value(interval, sizes), module


@pytest.mark.parametrize(("name", "given"), SIMULATED, ids=str)
def test_a_simulated_module_is_as_late_and_as_fast_as_its_header_says_first(
    name: str, given: Mapping[str, int | str]
) -> None:
    module = simulated(name, given)
    check_claims(module, numbers(module))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in COMBINATIONAL])
def test_a_counted_module_is_as_late_and_as_fast_as_its_header_says_first(name: str) -> None:
    for module in known()[name]:
        check_claims(module, numbers(module))


@pytest.mark.parametrize("name", COMBINATIONAL)
def test_a_module_without_registers_takes_no_cycle(name: str) -> None:
    assert {(module.latency, module.interval) for module in known()[name]} == {(0, 1)}
