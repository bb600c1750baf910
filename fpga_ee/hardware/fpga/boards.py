"""Boards and their resources, read from ``hw/platforms/*.toml``."""

from pathlib import Path
from typing import Annotated

from annotated_types import Interval

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_toml
from fpga_ee.files.schemas import Name, check_record, record
from fpga_ee.hardware.fpga.resources import Counts, Resources
from fpga_ee.shipped import HARDWARE, MISSING

FOLDER = HARDWARE / "platforms"
"""The boards that come with the project. A new file is a new board."""

DEFAULT_BOARD = "zc706"
"""The board where none is named; published designs use it."""


LEAST_MHZ = 0.001
MOST_MHZ = 10_000
"""Highest clock: ten times the clock of the fastest FPGAs."""

Megahertz = Annotated[float, Interval(ge=LEAST_MHZ, le=MOST_MHZ)]

_Count = Annotated[int, Interval(ge=1, le=1_000_000_000)]
_LutInputs = Annotated[int, Interval(ge=2, le=8)]
_Bandwidth = Annotated[float, Interval(gt=0, le=1_000_000)]


@record
class _Resources:
    """The table ``[resources]`` of a board's file."""

    lut: _Count
    lut_inputs: _LutInputs
    ff: _Count
    dsp: _Count
    bram18: _Count


@record
class _Memory:
    """The table ``[memory]`` of a board's file."""

    bandwidth_gb_s: _Bandwidth


@record
class _BoardFile:
    """A board's file."""

    name: Name
    part: Name
    source: Name
    clock_mhz: Megahertz
    resources: _Resources
    memory: _Memory


@record
class Board:
    """A board.

    Attributes:
        name: Its name.
        part: Part number of the FPGA.
        source: The origin of the figures.
        clock_mhz: Clock of estimates, unless another one is given.
        resources: The number of each resource.
        lut_inputs: Inputs of its LUTs; the resource models count LUTs of six.
        bandwidth_gb_s: Bandwidth of its external memory, 10^9 bytes a second.
    """

    name: str
    part: str
    source: str
    clock_mhz: Megahertz
    resources: Counts
    lut_inputs: _LutInputs
    bandwidth_gb_s: _Bandwidth


def names() -> list[str]:
    """List the boards that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(board: str) -> Board:
    """Read a board by its name (``zc706``) or from a file (``boards/mine.toml``).

    Raises:
        FpgaEeError: There is no board of the name, or the file does not describe a board.
    """
    if not board.endswith(".toml") and not FOLDER.is_dir():
        raise FpgaEeError(f"{FOLDER}, which holds the boards, is missing: {MISSING}, or give a .toml file")
    path = Path(board) if board.endswith(".toml") else FOLDER / f"{board}.toml"
    if path.parent == FOLDER and path.stem not in names():
        raise FpgaEeError(f"no board {board}: choose one of {', '.join(names())}, or give a .toml file")
    written = check_record(_BoardFile, read_toml(path), path, "a board", "correct it")
    counts = written.resources
    return Board(
        name=written.name,
        part=written.part,
        source=written.source,
        clock_mhz=written.clock_mhz,
        resources=Resources(counts.lut, counts.ff, counts.dsp, counts.bram18),
        lut_inputs=counts.lut_inputs,
        bandwidth_gb_s=written.memory.bandwidth_gb_s,
    )


def check_clock(mhz: float) -> float:
    """Check a clock that a person gives.

    Raises:
        FpgaEeError: The clock is out of its range.
    """
    if not LEAST_MHZ <= mhz <= MOST_MHZ:
        raise FpgaEeError(
            f"a clock of {mhz:g} MHz is not possible: give one of {LEAST_MHZ:g} to {MOST_MHZ:,} MHz"
        )
    return mhz
