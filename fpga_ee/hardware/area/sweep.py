"""What Yosys counted for many single modules: the points that the model is fitted on."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.area.instances import Instance, Memory, Parameters, tree
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.tools.sources import modules


@dataclass(frozen=True)
class Drawn:
    """A memory of random words around 0, as weights and biases are.

    Attributes:
        lines: Words of the memory.
        words: Numbers in each of them.
        bits: Bits of a number.
        spread: Standard deviation of the numbers.
        seed: Of the draw.
    """

    lines: int
    words: int
    bits: int
    spread: float
    seed: int

    def memory(self) -> Memory:
        """The memory; the same seed gives the same."""
        random, high = Random(self.seed), (1 << (self.bits - 1)) - 1  # noqa: S311 - no secret
        mask = (1 << self.bits) - 1
        lines = []
        for _ in range(self.lines):
            numbers = (max(-high, min(high, round(random.gauss(0, self.spread)))) for _ in range(self.words))
            lines.append(sum((number & mask) << (self.bits * at) for at, number in enumerate(numbers)))
        return Memory(tuple(lines), self.words * self.bits)


@dataclass(frozen=True)
class Case:
    """A module to be counted, with everything inside of it.

    Attributes:
        module: The module.
        parameters: Its numbers.
        drawn: Its memories, by parameter; a memory of one line of ``CONSTANT_WEIGHTS`` is a number instead.
        tables: Its memories that are not drawn: words, and bits of a word.
    """

    module: str
    parameters: Parameters
    drawn: Mapping[str, Drawn] = field(default_factory=dict)
    tables: Mapping[str, tuple[list[int], int]] = field(default_factory=dict)

    def instance(self) -> Instance:
        """The module itself."""
        memories = {name: drawn.memory() for name, drawn in self.drawn.items()}
        memories |= {name: Memory(tuple(words), width) for name, (words, width) in self.tables.items()}
        parameters = dict(self.parameters)
        constant = "WEIGHTS" if self.module == "constant_products" else "CONSTANT_WEIGHTS"
        if constant in memories:
            parameters[constant] = memories.pop(constant).words[0]
        return Instance(self.module, parameters, memories)


@dataclass(frozen=True)
class Point:
    """A module without those inside of it, and what it takes."""

    instance: Instance
    takes: Resources


def read(path: Path) -> list[Point]:
    """All points of a sweep: of every case its module, and those inside that there is one kind of.

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
    """The case of a line of a sweep."""
    drawn = {name: Drawn(**values) for name, values in record["drawn"].items()}
    tables = {name: (words, width) for name, (words, width) in record["tables"].items()}
    return Case(record["module"], record["parameters"], drawn, tables)


def sources(case: Case) -> str:
    """SHA-256 of the library's code that a case is made of, without comments: counts are of this code."""
    names = sorted({instance.module for instance, _ in tree(case.instance())})
    files = {path.stem: path for path in modules()}
    code = "".join(_code(files[name].read_text(encoding="utf-8")) for name in names)
    return hashlib.sha256(code.encode()).hexdigest()


def _code(text: str) -> str:
    lines = (line.partition("//")[0].rstrip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line)


def _points(case: Case, takes: Mapping[str, list[int]]) -> Iterator[Point]:
    kinds = alone(case)
    for module, counts in takes.items():
        yield Point(kinds[module][0], Resources(*counts))


def alone(case: Case) -> dict[str, tuple[Instance, int]]:
    """Modules of a case that it holds one kind of, and how many."""
    kinds: dict[str, list[tuple[Instance, int]]] = {}
    for instance, count in tree(case.instance()):
        kinds.setdefault(instance.module, []).append((instance, count))
    return {module: found[0] for module, found in kinds.items() if len(found) == 1}
