"""Places and routes a design for an ECP5: finds its fastest clock, and writes a bitstream."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from annotated_types import Interval, Len
from pydantic import Field

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import excerpt, read_record
from fpga_ee.files.writing import check_writable, replacing_together, subfolder, write_json
from fpga_ee.hardware.design.folder import fingerprint
from fpga_ee.hardware.diagram.diagram import Diagram
from fpga_ee.hardware.diagram.verilog import TOP, tdata_bits
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.synthesis.synthesise import WORK, elaborated
from fpga_ee.hardware.tools import nextpnr, yosys
from fpga_ee.hardware.tools.nextpnr import Goal
from fpga_ee.hardware.tools.sources import BOARD, instances, needed
from fpga_ee.hardware.tools.workplace import workplace

RECORD = "routing.json"
"""The record. It is written last, beside ``routed.config``, ``routed.bit`` and the tools' logs."""

FOLDER = "routed"

_RESULTS = ("routed.config", "routed.bit", "nextpnr.log")

_NETLIST, _REPORT, _LOG = "netlist.json", "report.json", "ecp5_netlist.log"

_RESOURCES = ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD", "TRELLIS_IO")


@dataclass(frozen=True)
class Top:
    """The module that is routed.

    Attributes:
        module: Its name.
        parameters: Its parameters.
        sources: Further source files. Of two files with one name, the design's is used.
    """

    module: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()


@excerpt
class Use:
    """The number of a resource that a design uses, and the number that the chip has."""

    used: int
    available: int


@dataclass(frozen=True)
class CriticalPath:
    """The slowest path from one register to the next.

    Attributes:
        delay_ns: Its delay.
        logic_ns: The delay in cells.
        routing_ns: The delay between cells.
        start: The register or memory where it begins, by its place in the hierarchy.
        end: The register or memory where it ends.
        blocks: Instances that it passes, in order.
    """

    delay_ns: float
    logic_ns: float
    routing_ns: float
    start: str
    end: str
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Routing:
    """A routed design.

    Attributes:
        goal: The wanted chip and clock.
        tools: The tools and their versions.
        fmax_mhz: The fastest clock at which all paths between registers are in time, by nextpnr's analysis of
            the routed design.
        uses: The use of every resource, by name.
        path: The path that limits the clock.
    """

    goal: Goal
    tools: tuple[str, ...]
    fmax_mhz: float
    uses: Mapping[str, Use]
    path: CriticalPath

    @property
    def met(self) -> bool:
        """True where the design reaches the wanted clock."""
        return self.fmax_mhz >= self.goal.clock_mhz


def behind_pins(diagram: Diagram) -> Top:
    """Put an accelerator behind few pins, with the modules of ``hw/board/serial_pins.sv``.

    Raises:
        FpgaEeError: A module is missing.
    """
    pins = BOARD / "serial_pins.sv"
    widths = {"IN_BITS": tdata_bits(diagram.entering), "OUT_BITS": tdata_bits(diagram.leaving)}
    return Top(pins.stem, widths, (pins, *needed(instances(pins) - {pins.stem, TOP})))


def route(folder: Path, top: Top, goal: Goal, say: Callable[[str], None] = lambda _: None) -> Routing:
    """Synthesise, place, route and pack a design, into ``<folder>/routed/``.

    Args:
        folder: The accelerator, as ``hw-generate`` wrote it, or another folder with a file list.
        top: The module.
        goal: The chip and the clock; the design is also routed where it does not reach the clock.
        say: Gets a line about each step.

    Raises:
        FpgaEeError: The chip is no ECP5, a tool is missing or fails, the design does not fit, or a file
            cannot be written.
    """
    nextpnr.chip(goal.part)
    routed = subfolder(folder, FOLDER)
    tools = (yosys.version(), nextpnr.version())
    accelerator = fingerprint(folder)
    check_writable(routed, *_RESULTS, RECORD)
    with workplace(folder, WORK) as work:
        say("synthesising")
        commands = elaborated(folder, work, ECP5, top.module, top.parameters, top.sources)
        yosys.run([*commands, "synth_ecp5", f"write_json {_NETLIST}"], work, work / _LOG)
        say("packing")
        nextpnr.place_and_route(work, _NETLIST, goal, say)
        say("writing the bitstream")
        nextpnr.pack(work, "routed.config", "routed.bit")
        report = read_record(RoutingReport, work / _REPORT, "a report of nextpnr's", "route again")
        routing = read_report(report, goal, tools)
        with replacing_together(routed, last=RECORD) as temporary:
            for name in _RESULTS:
                (temporary / name).write_bytes((work / name).read_bytes())
            record = {"schema": 1, "accelerator": accelerator, **asdict(routing), "met": routing.met}
            write_json(temporary / RECORD, record)
    return routing


@excerpt
class _Speed:
    achieved: Annotated[float, Interval(gt=0)]


@excerpt
class _End:
    cell: str


@excerpt
class _Step:
    type: str
    delay: float
    to: _End


@excerpt
class _Path:
    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    path: Annotated[tuple[_Step, ...], Len(1)]


@excerpt
class RoutingReport:
    """The report of nextpnr."""

    fmax: Mapping[str, _Speed]
    utilization: Mapping[str, Use]
    critical_paths: tuple[_Path, ...]


def read_report(report: RoutingReport, goal: Goal, tools: tuple[str, ...]) -> Routing:
    """Read the routed design from nextpnr's report.

    Raises:
        FpgaEeError: The design has no clock or more than one, or the report lacks a figure.
    """
    clocks = report.fmax
    if len(clocks) != 1:
        raise FpgaEeError(f"a design must have one clock, not {len(clocks)}: {', '.join(clocks) or 'none'}")
    ((clock, speed),) = clocks.items()
    between = {f"{edge} {clock}" for edge in ("posedge", "negedge")}
    paths = [path.path for path in report.critical_paths if {path.start, path.end} <= between]
    missing = [name for name in _RESOURCES if name not in report.utilization]
    if missing or not paths:
        lacks = missing[0] if missing else "a path between registers"
        raise FpgaEeError(f"nextpnr's report does not tell {lacks}: route again")
    uses = {name: report.utilization[name] for name in _RESOURCES}
    return Routing(goal, tools, speed.achieved, uses, _critical(paths[0]))


def _critical(path: Sequence[_Step]) -> CriticalPath:
    routing = sum(step.delay for step in path if step.type == "routing")
    delay = sum(step.delay for step in path)
    cells = [_plain(step.to.cell) for step in path]
    blocks = dict.fromkeys(cell.rpartition(".")[0] for cell in cells if "." in cell)
    return CriticalPath(
        round(delay, 2), round(delay - routing, 2), round(routing, 2), cells[0], cells[-1], tuple(blocks)
    )


def _plain(cell: str) -> str:
    """Give the name of a cell in the source, without the suffixes of Yosys and nextpnr."""
    return re.sub(r"(_(TRELLIS|LUT4|CCU2C|PFUMX|L6MUX21|MULT18X18D|DP16KD)|\$).*", "", cell)
