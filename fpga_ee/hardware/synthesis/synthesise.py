"""Synthesises an accelerator with Yosys, and counts the resources that it uses on an FPGA."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from annotated_types import Interval

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_text
from fpga_ee.files.schemas import excerpt, read_record
from fpga_ee.hardware.design.folder import gather
from fpga_ee.hardware.diagram.diagram import MULTIPLIER_BITS
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.tools import yosys
from fpga_ee.hardware.tools.workplace import workplace

WORK = "synthesis"
"""The folder inside an accelerator's where Yosys works, and then place and route."""

_WITHOUT_COST = {"$scopeinfo"}
"""Cells that only say where other cells come from."""


@dataclass(frozen=True)
class ModuleCount:
    """Resources of all instances of a module in a design, without the modules inside it."""

    module: str
    instances: int
    resources: Resources


@dataclass(frozen=True)
class Synthesis:
    """The count of a design's resources.

    Attributes:
        family: Name of the family.
        tool: The tool and its version.
        modules: The counts of all modules, in the order of their names.
    """

    family: str
    tool: str
    modules: tuple[ModuleCount, ...]

    @property
    def total(self) -> Resources:
        """Resources of the whole design."""
        return sum((module.resources for module in self.modules), Resources())


def synthesise(folder: Path, family: Family, top: str = TOP) -> Synthesis:
    """Synthesise a design. Modules are kept apart, so that each can be counted.

    Args:
        folder: The accelerator, as ``hw-generate`` wrote it.
        family: The family of FPGAs.
        top: The top module.

    Raises:
        FpgaEeError: Yosys is missing or fails, or it uses a primitive whose cost is unknown.
    """
    statistics = f"{family.name}.json"
    with workplace(folder, WORK) as work:
        commands = [
            *elaborated(folder, work, family, top),
            family.synthesis_command,
            f"tee -q -o {statistics} stat -json",
        ]
        yosys.run(commands, work, work / f"{family.name}.log")
        counts = counted(read_statistics(work / statistics), family, top)
        return Synthesis(family.name, yosys.version(), counts)


def elaborated(  # noqa: PLR0913, PLR0917 - each is a separate fact about the design
    folder: Path,
    work: Path,
    family: Family,
    top: str,
    parameters: Mapping[str, int] = MappingProxyType({}),
    sources: Sequence[Path] = (),
) -> list[str]:
    """Write Yosys's commands that read a design. They come before those that synthesise it.

    Args:
        folder: The accelerator, as ``hw-generate`` wrote it.
        work: The folder where Yosys works; it gets all files of the design.
        family: The family of FPGAs.
        top: The top module.
        parameters: Its parameters.
        sources: Further files; a file is left out if the folder has one of the same name.

    Raises:
        FpgaEeError: The folder holds no accelerator.
    """
    listed = gather(folder, work)
    beside = [path for path in sources if path.name not in listed]
    for path in beside:
        (work / path.name).write_bytes(path.read_bytes())
    arguments = "".join(f" -chparam {name} {value}" for name, value in parameters.items())
    return [
        # Deferred, because a module's defaults name memories that do not exist.
        *(f"read_verilog -sv -defer {source}" for source in (*listed, *(path.name for path in beside))),
        f"hierarchy -top {top}{arguments}{_multipliers(work / f'{top}.sv', family)}",
    ]


def _multipliers(top: Path, family: Family) -> str:
    """Write the family's multiplier width as an argument, for a top module that has a parameter for it."""
    has_parameter = f"parameter integer {MULTIPLIER_BITS}" in read_text(top)
    return f" -chparam {MULTIPLIER_BITS} {family.multiplier_bits}" if has_parameter else ""


@excerpt
class _Cells:
    num_cells_by_type: Mapping[str, Annotated[int, Interval(ge=0)]]


@excerpt
class Statistics:
    """The output of Yosys's ``stat -json``."""

    modules: Mapping[str, _Cells]


def read_statistics(path: Path) -> Statistics:
    """Read the output of Yosys's ``stat -json``.

    Raises:
        FpgaEeError: The file is missing, or it is no such output.
    """
    return read_record(Statistics, path, "a count of Yosys's", "synthesise again")


def counted(statistics: Statistics, family: Family, top: str) -> tuple[ModuleCount, ...]:
    """Add up the resources of the modules below a top module.

    Raises:
        FpgaEeError: The cost of a primitive is unknown, or the module was not counted.
    """
    cells = {name: module.num_cells_by_type for name, module in statistics.modules.items()}
    counts: dict[str, ModuleCount] = {}

    def visit(name: str, instances: int) -> None:
        own = Resources()
        for kind, count in cells[name].items():
            if kind in cells:
                visit(kind, instances * count)
            else:
                own += _cost(kind, family) * count
        plain = _plain(name)
        before = counts.get(plain, ModuleCount(plain, 0, Resources()))
        resources = before.resources + own * instances
        counts[plain] = ModuleCount(plain, before.instances + instances, resources)

    found = [name for name in cells if _plain(name) == top]
    if not found:
        raise FpgaEeError(f"Yosys has not counted {top}: synthesise again")
    visit(found[0], 1)
    return tuple(counts[name] for name in sorted(counts))


def _cost(kind: str, family: Family) -> Resources:
    if kind in _WITHOUT_COST:
        return Resources()
    if kind not in family.primitives:
        raise FpgaEeError(
            f"the cost of a {kind} on {family.name} is not known: add it to the primitives of the family"
        )
    return family.primitives[kind]


def _plain(name: str) -> str:
    """Give the name of a module without its parameters. Yosys puts them before it, after it, or both."""
    named = re.sub(r"^\$paramod(\$[0-9a-f]+)?", "", name)
    return named.lstrip("\\").split("\\")[0]
