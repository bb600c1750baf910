"""What a design is asked for, on the command line or in the file of a design that was chosen before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.hardware.folding import Folding, parse_folding, positive
from fpga_ee.hardware.resources import RESOURCE_NAMES
from fpga_ee.reporting.hardware_record import SCHEMA


@dataclass(frozen=True)
class Constraints:
    """What a design is wanted for. None stands for what is not asked for.

    Attributes:
        board: A board's name or file; ``zc706``.
        clock_mhz: Clock in MHz; the board's.
        budget: ``0.5``, or ``lut=0.5,dsp=0.2`` for some resources; the whole board.
        late_rates: Part of all samples that goes on behind each exit but the last; what the export measured.
        width: Bits of data and weights; the network's own.
        buffered: Samples that the conditional buffer behind each exit but the last holds; what the design's
            decisions need.
        data: Folder of the network's data set, whose test images decide the buffer; the validation images
            that the export was measured on, or random decisions where it was not or ``late_rates`` are given.
        target: Name of the hardware that the design is made of; ``fpgaconvnet``.
    """

    board: str | None = None
    clock_mhz: float | None = None
    budget: str | None = None
    late_rates: tuple[float, ...] | None = None
    width: int | None = None
    buffered: tuple[int, ...] | None = None
    data: Path | None = None
    target: str | None = None

    def over(self, others: "Constraints") -> "Constraints":
        """These, and others where these do not say."""
        mine = {name: value for name, value in _values(self).items() if value is not None}
        return Constraints(**(_values(others) | mine))


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
    constraints: Constraints

    def check_is_of(self, network: str) -> None:
        """Refuse a network that the design was not chosen for.

        Raises:
            FpgaEeError: It is of another one.
        """
        if self.network != network:
            raise FpgaEeError(f"{self.path} is a design of {self.network}, not of {network}")


def is_design(path: Path) -> bool:
    """Whether a file is a design of ours, and not a partition file."""
    content = read_json(path)
    return isinstance(content, dict) and "parts" in content


def asked(constraints: Constraints, buffered: tuple[int, ...]) -> dict[str, Any]:
    """What a design was chosen for, ready for JSON. Where the data lies is nobody else's concern."""
    record = asdict(constraints) | {"buffered": buffered}
    del record["data"]
    return record


def read_design(path: Path) -> SavedDesign:
    """Read what ``hw-estimate`` wrote.

    Raises:
        FpgaEeError: The file cannot be read, is of another version, or is no design.
    """
    content = read_json(path)
    try:
        if content["schema"] != SCHEMA:
            raise FpgaEeError(
                f"{path} is a design of schema {content['schema']}, not {SCHEMA}: choose it again"
            )
        lists = {name: tuple(value) for name, value in content["asked"].items() if isinstance(value, list)}
        constraints = Constraints(**(content["asked"] | lists))
        for stage, depth in enumerate(constraints.buffered or ()):
            positive(depth, f"buffered of stage {stage}")
        foldings = {part["name"]: _folding(part) for part in content["parts"]}
        return SavedDesign(path, content["network"], foldings, constraints)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FpgaEeError(f"{path} is not a design of ours: {error}") from error


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


def _values(constraints: Constraints) -> dict[str, Any]:
    return {field.name: getattr(constraints, field.name) for field in fields(constraints)}


def _folding(part: Mapping[str, Any]) -> Folding:
    name = part["name"]
    if part["folding"] is not None:
        return parse_folding(name, part["folding"])
    streams_in = positive(part["streams_in"], f"streams_in of {name}")
    streams_out = positive(part["streams_out"], f"streams_out of {name}")
    return Folding(streams_in, streams_out)
