"""Yosys's counts of many single modules: the points to which the model is fitted."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from random import Random
from typing import Any, get_type_hints

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware import library
from fpga_ee.hardware.diagram.module import LibraryModule, tree
from fpga_ee.hardware.fpga.families.xc7 import FAMILY
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.tools.sources import modules


@dataclass(frozen=True)
class Drawn:
    """A memory of random words around 0, like weights and biases.

    Attributes:
        lines: Number of words.
        words: Numbers in each word.
        bits: Bits of a number.
        spread: Standard deviation of the numbers.
        seed: Seed of the random numbers.
    """

    lines: int
    words: int
    bits: int
    spread: float
    seed: int

    def image(self, name: str) -> Image:
        """Make the memory under a name; the same seed gives the same memory."""
        random, high = Random(self.seed), (1 << (self.bits - 1)) - 1  # noqa: S311 - no secret
        mask = (1 << self.bits) - 1
        lines = []
        for _ in range(self.lines):
            numbers = (max(-high, min(high, round(random.gauss(0, self.spread)))) for _ in range(self.words))
            lines.append(sum((number & mask) << (self.bits * at) for at, number in enumerate(numbers)))
        return Image(name, self.words * self.bits, tuple(lines))


@dataclass(frozen=True)
class Case:
    """A module to be counted, with all modules inside it.

    Attributes:
        module: The module.
        parameters: Its numeric parameters.
        drawn: Its random memories, by parameter. A memory of one line of ``CONSTANT_WEIGHTS`` is a number.
        tables: Its other memories, by parameter: the words, and the bits of a word.
        with_inner: Whether the modules inside it are points of the fit too.
    """

    module: str
    parameters: Mapping[str, int]
    drawn: Mapping[str, Drawn] = field(default_factory=dict)
    tables: Mapping[str, tuple[list[int], int]] = field(default_factory=dict)
    with_inner: bool = True

    def made(self) -> LibraryModule:
        """Make the module.

        Raises:
            FpgaEeError: The library has no such module, or the case lacks a parameter.
        """
        kind: type[Any] | None = library.modules().get(self.module)
        if kind is None:
            raise FpgaEeError(f"the hardware library has no module {self.module}: sweep again")
        values: dict[str, int | Image | TopConstant] = dict(self.parameters)
        values |= {name: drawn.image(name) for name, drawn in self.drawn.items()}
        values |= {name: Image(name, width, tuple(words)) for name, (words, width) in self.tables.items()}
        constant = values.pop("CONSTANT_WEIGHTS", None)
        if isinstance(constant, Image):
            values["WEIGHTS"] = TopConstant("CONSTANT_WEIGHTS", constant.width, constant.words[0])
        try:
            made: LibraryModule = _made(kind, values)
        except KeyError as error:
            raise FpgaEeError(f"a case of {self.module} lacks {error}: sweep again") from error
        return made


def _made(kind: type[Any], values: Mapping[str, int | Image | TopConstant]) -> Any:
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for name in (each.name for each in fields(kind)):
        hint = hints[name]
        if is_dataclass(hint) and hint not in (Image, TopConstant):
            nested: Any = hint
            found[name] = _made(nested, values)
        else:
            found[name] = _of_kind(hint, name.upper(), values[name.upper()])
    return kind(**found)


def _of_kind(hint: Any, name: str, value: int | Image | TopConstant) -> int | Image | TopConstant:
    """Make a number of a memory of one line where the module takes a number or a constant."""
    if hint not in (int, TopConstant) or isinstance(value, TopConstant):
        return value
    number, width = (value.words[0], value.width) if isinstance(value, Image) else (value, 32)
    return number if hint is int else TopConstant(name, width, number)


@dataclass(frozen=True)
class Point:
    """A module and its resources, without the modules inside it."""

    module: LibraryModule
    takes: Resources


def read(path: Path) -> list[Point]:
    """Read all points of a sweep: of every case, the modules that occur with one set of parameters.

    Raises:
        FpgaEeError: The file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: make it with `python benchmarks/area.py sweep`") from error
    records = [json.loads(line) for line in lines]
    return [point for record in records for point in _points(case_of(record), record["takes"])]


def case_of(record: Mapping[str, Any]) -> Case:
    """Make the case that a line of a sweep describes."""
    drawn = {name: Drawn(**values) for name, values in record["drawn"].items()}
    tables = {name: (words, width) for name, (words, width) in record["tables"].items()}
    with_inner = record.get("with_inner", True)
    return Case(record["module"], record["parameters"], drawn, tables, with_inner)


def sources(case: Case) -> str:
    """Compute the SHA-256 of the library's code for a case, without comments.

    A count is valid for this code.
    """
    names = sorted({module.NAME for module, _ in tree(case.made(), FAMILY)})
    files = {path.stem: path for path in modules()}
    code = "".join(_code(files[name].read_text(encoding="utf-8")) for name in names)
    return hashlib.sha256(code.encode()).hexdigest()


def _code(text: str) -> str:
    lines = (line.partition("//")[0].rstrip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def _points(case: Case, takes: Mapping[str, list[int]]) -> Iterator[Point]:
    kinds = modules_of_one_kind(case, FAMILY)
    for module, counts in takes.items():
        if case.with_inner or module == case.module:
            yield Point(kinds[module][0], Resources(*counts))


def modules_of_one_kind(case: Case, family: Family) -> dict[str, tuple[LibraryModule, int]]:
    """Find the modules of a case that occur with one set of parameters only, and the number of each."""
    kinds: dict[str, list[tuple[LibraryModule, int]]] = {}
    for module, count in tree(case.made(), family):
        kinds.setdefault(module.NAME, []).append((module, count))
    return {name: found[0] for name, found in kinds.items() if len(found) == 1}
