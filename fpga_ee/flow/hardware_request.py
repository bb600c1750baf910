"""What a design is asked for, on the command line or in the file of a design that was chosen before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Interval

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import parsed_json
from fpga_ee.files.schemas import Share, excerpt, parse_versioned, record
from fpga_ee.hardware.fpga.boards import Megahertz
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.network.folding import Factor, Folding
from fpga_ee.hardware.sample_ids import Depth
from fpga_ee.reporting.hardware_record import SCHEMA


@record
class Asked:
    """What a design was asked for. None stands for what was not.

    Attributes:
        board: A board's name or file; ``zc706``.
        clock_mhz: Clock in MHz; the board's.
        budget: ``0.5``, or ``lut=0.5,dsp=0.2`` for some resources; the whole board.
        late_rates: Part of all samples that goes on behind each exit but the last; what the export measured.
        width: Bits of data and weights; the network's own.
        buffered: Samples that the conditional buffer behind each exit but the last holds; what the design's
            decisions need.
        target: Name of the hardware that the design is made of; ``fpgaconvnet``.
    """

    board: str | None = None
    clock_mhz: Megahertz | None = None
    budget: str | None = None
    late_rates: tuple[Share, ...] | None = None
    width: Annotated[int, Interval(ge=2, le=32)] | None = None
    buffered: tuple[Depth, ...] | None = None
    target: str | None = None


@dataclass(frozen=True)
class Constraints(Asked):
    """What a design is asked for on the command line.

    Attributes:
        data: Folder of the network's data set, whose test images decide the buffer; the validation images
            that the export was measured on, or random decisions where it was not or ``late_rates`` are given.
    """

    data: Path | None = None

    def over(self, others: Asked) -> "Constraints":
        """These, and others where these do not say."""
        mine = {name: value for name, value in vars(self).items() if value is not None}
        return Constraints(**(vars(others) | mine))


@excerpt
class _Part:
    """What is read of a part of a design; what it takes and how fast it is follows from this."""

    name: str
    folding: Folding | None
    streams_in: Factor
    streams_out: Factor


@excerpt
class _Design:
    """What is read of ``estimate.json``."""

    network: str
    asked: Asked
    parts: tuple[_Part, ...]


@dataclass(frozen=True)
class SavedDesign:
    """A design of ours, read back.

    Attributes:
        path: The file.
        network: Name of the network that it is of.
        foldings: Folding of every part by its name.
        constraints: What it was chosen for, with the depth of its buffers.
    """

    path: Path
    network: str
    foldings: Mapping[str, Folding]
    constraints: Asked

    def check_is_of(self, network: str) -> None:
        """Refuse a network that the design was not chosen for.

        Raises:
            FpgaEeError: It is of another one.
        """
        if self.network != network:
            raise FpgaEeError(f"{self.path} is a design of {self.network}, not of {network}")


def is_design(path: Path, content: bytes) -> bool:
    """Whether a file, of this content, is a design of ours, and not a partition file.

    Raises:
        FpgaEeError: It is not JSON.
    """
    entries = parsed_json(path, content)
    return isinstance(entries, dict) and "parts" in entries


def asked(constraints: Constraints, buffered: tuple[int, ...]) -> dict[str, Any]:
    """What a design was chosen for, ready for JSON. Where the data lies is nobody else's concern."""
    record = asdict(constraints) | {"buffered": buffered}
    del record["data"]
    return record


def saved_design(path: Path, content: bytes) -> SavedDesign:
    """What ``hw-estimate`` wrote to a file, of its content.

    Raises:
        FpgaEeError: It is of another version, or is no design.
    """
    design = parse_versioned(_Design, SCHEMA, content, path, "a design of ours", "choose it again")
    foldings = {
        part.name: part.folding or Folding(part.streams_in, part.streams_out) for part in design.parts
    }
    return SavedDesign(path, design.network, foldings, design.asked)


def parse_budget(text: str) -> tuple[float, float, float, float]:
    """Parts of LUT, FF, DSP and BRAM, from ``0.5`` or ``lut=0.5,dsp=0.2`` (the others in full).

    Raises:
        FpgaEeError: It is neither.
    """
    parts = dict.fromkeys(RESOURCE_NAMES, 1.0)
    try:
        for entry in text.split(","):
            name, separator, value = entry.rpartition("=")
            if separator and name.strip().lower() not in parts:
                raise FpgaEeError(f"a budget has {', '.join(RESOURCE_NAMES)}, not {name.strip()}")
            for resource in [name.strip().lower()] if separator else RESOURCE_NAMES:
                parts[resource] = float(value)
    except ValueError as error:
        raise FpgaEeError(f"a budget is 0.5 or lut=0.5,dsp=0.2, not {text}") from error
    lut, ff, dsp, bram = (parts[name] for name in RESOURCE_NAMES)
    return lut, ff, dsp, bram
