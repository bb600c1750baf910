"""Synthesise an accelerator with Yosys and count what it takes of an FPGA."""

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
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.tools import yosys
from fpga_ee.hardware.tools.workplace import workplace

WORK = "synthesis"
"""Folder in an accelerator's that Yosys works in, and behind it place and route."""

# What a primitive takes. Distributed memories and shift registers are made of LUTs; BRAM is counted in units
# of 18 Kb. An inverter is counted as a LUT, although place and route mostly finds room for it in another one.
_XILINX: dict[str, Resources] = {
    **{f"LUT{inputs}": Resources(lut=1) for inputs in range(1, 7)},
    **{f"FD{kind}": Resources(ff=1) for kind in ("RE", "SE", "CE", "PE")},
    "INV": Resources(lut=1),
    "SRL16E": Resources(lut=1),
    "SRLC32E": Resources(lut=1),
    "RAM32X1S": Resources(lut=1),
    "RAM64X1S": Resources(lut=1),
    "RAM32X1D": Resources(lut=2),
    "RAM64X1D": Resources(lut=2),
    "RAM128X1S": Resources(lut=2),
    "RAM128X1D": Resources(lut=4),
    "RAM256X1S": Resources(lut=4),
    "RAM32M": Resources(lut=4),
    "RAM64M": Resources(lut=4),
    "RAM32M16": Resources(lut=8),
    "RAM64M8": Resources(lut=8),
    "RAM512X1S": Resources(lut=8),
    **{f"DSP48E{version}": Resources(dsp=1) for version in (1, 2)},
    **{f"RAMB18E{version}": Resources(bram=1) for version in (1, 2)},
    **{f"RAMB36E{version}": Resources(bram=2) for version in (1, 2)},
}

_ECP5: dict[str, Resources] = {
    "LUT4": Resources(lut=1),
    "CCU2C": Resources(lut=2),
    # Four LUTs that hold the words, two that serve them.
    "TRELLIS_DPR16X4": Resources(lut=6),
    "TRELLIS_FF": Resources(ff=1),
    "MULT18X18D": Resources(dsp=1),
    "DP16KD": Resources(bram=1),
}

# Carries and wide multiplexers sit beside the LUTs and are not counted on their own.
_FREE = {"CARRY4", "CARRY8", "MUXF7", "MUXF8", "MUXF9", "PFUMX", "L6MUX21", "$scopeinfo", "GSR", "VCC", "GND"}


@dataclass(frozen=True)
class Target:
    """A family of FPGAs.

    Attributes:
        parts: How the names of its parts begin.
        command: Yosys's command for it, which keeps modules apart.
        primitives: What its primitives take.
        multiplier_bits: The wider operand of its multipliers.
    """

    parts: tuple[str, ...]
    command: str
    primitives: Mapping[str, Resources]
    multiplier_bits: int


TARGETS = {
    "xc7": Target(("XC7",), "synth_xilinx -family xc7 -noiopad -noclkbuf", _XILINX, 25),
    # With processors, on accelerator cards, and the small ones; others share names with an older family.
    "xcup": Target(
        ("XCZU", "XCU2", "XCU5", "XCAU"), "synth_xilinx -family xcup -noiopad -noclkbuf", _XILINX, 27
    ),
    "ecp5": Target(("LFE5",), "synth_ecp5 -noflatten", _ECP5, 18),
}


def target_of(board: Board) -> str:
    """The family of a board's FPGA, a name of ``TARGETS``.

    Raises:
        FpgaEeError: It is of none of them.
    """
    part = board.part.upper()
    for name, target in TARGETS.items():
        if part.startswith(target.parts):
            return name
    begins = ", ".join(begin for target in TARGETS.values() for begin in target.parts)
    raise FpgaEeError(
        f"{board.name} has a {board.part}, which is not synthesised for: choose a board whose part begins "
        f"with {begins}"
    )


@dataclass(frozen=True)
class ModuleCount:
    """What a module of the library takes in a design: its instances, without the modules inside of them."""

    module: str
    instances: int
    resources: Resources


@dataclass(frozen=True)
class Synthesis:
    """The count of a design.

    Attributes:
        target: Name of the family.
        tool: The tool and its version.
        modules: By module, in the order of their names.
    """

    target: str
    tool: str
    modules: tuple[ModuleCount, ...]

    @property
    def total(self) -> Resources:
        """The whole design."""
        return sum((module.resources for module in self.modules), Resources())


def synthesise(folder: Path, target: str, top: str = TOP) -> Synthesis:
    """Synthesise a design; instances stay apart, so that each can be counted.

    Args:
        folder: What ``hw-generate`` wrote.
        target: A name of ``TARGETS``.
        top: The top module.

    Raises:
        FpgaEeError: The target is unknown, Yosys is missing or fails, or it uses a primitive whose cost is
            not known.
    """
    statistics = f"{target}.json"
    with workplace(folder, WORK) as work:
        commands = [
            *elaborated(folder, work, target, top),
            TARGETS[target].command,
            f"tee -q -o {statistics} stat -json",
        ]
        yosys.run(commands, work, work / f"{target}.log")
        return Synthesis(target, yosys.version(), counted(read_statistics(work / statistics), target, top))


def elaborated(  # noqa: PLR0913, PLR0917 - each is a separate fact about the design
    folder: Path,
    work: Path,
    target: str,
    top: str,
    parameters: Mapping[str, int] = MappingProxyType({}),
    sources: Sequence[Path] = (),
) -> list[str]:
    """Yosys's commands that read a design, to be run where it works in front of those that synthesise it.

    Args:
        folder: What ``hw-generate`` wrote.
        work: Where Yosys works; gets all files of the design.
        target: A name of ``TARGETS``.
        top: The top module.
        parameters: Its parameters.
        sources: Files to be read beside those of the folder; one that the folder has too is not read again.

    Raises:
        FpgaEeError: The target is unknown, or the folder holds no accelerator.
    """
    if target not in TARGETS:
        raise FpgaEeError(f"no target {target}: choose one of {', '.join(TARGETS)}")
    listed = gather(folder, work)
    beside = [path for path in sources if path.name not in listed]
    for path in beside:
        (work / path.name).write_bytes(path.read_bytes())
    chosen = "".join(f" -chparam {name} {value}" for name, value in parameters.items())
    return [
        # Deferred, because a module's defaults name memories that there are not.
        *(f"read_verilog -sv -defer {source}" for source in (*listed, *(path.name for path in beside))),
        f"hierarchy -top {top}{chosen}{_multipliers(work / f'{top}.sv', target)}",
    ]


def _multipliers(top: Path, target: str) -> str:
    """The family's multipliers, told to a top module that wants to know."""
    told = f"parameter integer {MULTIPLIER_BITS}" in read_text(top)
    return f" -chparam {MULTIPLIER_BITS} {TARGETS[target].multiplier_bits}" if told else ""


@excerpt
class _Cells:
    num_cells_by_type: Mapping[str, Annotated[int, Interval(ge=0)]]


@excerpt
class Statistics:
    """What is read of what ``stat -json`` wrote."""

    modules: Mapping[str, _Cells]


def read_statistics(path: Path) -> Statistics:
    """Read what Yosys's ``stat -json`` wrote.

    Raises:
        FpgaEeError: It did not.
    """
    return read_record(Statistics, path, "a count of Yosys's", "synthesise again")


def counted(statistics: Statistics, target: str, top: str) -> tuple[ModuleCount, ...]:
    """What the modules below a top module take, from what Yosys counts.

    Raises:
        FpgaEeError: A primitive whose cost is not known, or the module was not counted.
    """
    cells = {name: module.num_cells_by_type for name, module in statistics.modules.items()}
    counts: dict[str, ModuleCount] = {}

    def visit(name: str, instances: int) -> None:
        own = Resources()
        for kind, count in cells[name].items():
            if kind in cells:
                visit(kind, instances * count)
            else:
                own += _cost(kind, target) * count
        plain = _plain(name)
        before = counts.get(plain, ModuleCount(plain, 0, Resources()))
        resources = before.resources + own * instances
        counts[plain] = ModuleCount(plain, before.instances + instances, resources)

    found = [name for name in cells if _plain(name) == top]
    if not found:
        raise FpgaEeError(f"Yosys has not counted {top}: synthesise again")
    visit(found[0], 1)
    return tuple(counts[name] for name in sorted(counts))


def _cost(kind: str, target: str) -> Resources:
    primitives = TARGETS[target].primitives
    if kind in primitives:
        return primitives[kind]
    if kind in _FREE:
        return Resources()
    raise FpgaEeError(f"what a {kind} takes of {target} is not known: count it in synth.py")


def _plain(name: str) -> str:
    """Name of a module without its parameters, which Yosys puts in front of it, behind it, or both."""
    named = re.sub(r"^\$paramod(\$[0-9a-f]+)?", "", name)
    return named.lstrip("\\").split("\\")[0]
