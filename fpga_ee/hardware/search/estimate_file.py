"""The format of ``estimate.json``: a search writes the design that it chose, and other steps read it.

The file holds every figure of the tables, with its source. Steps that use the design read its foldings and
the constraints that it was chosen for. All other figures follow from these.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Interval

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import parsed_json
from fpga_ee.files.schemas import Share, excerpt, parse_versioned, record
from fpga_ee.hardware.fpga.boards import Megahertz
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.network.folding import Factor, Folding
from fpga_ee.hardware.sample_ids import Depth
from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.estimated_design import Component, EstimatedDesign
from fpga_ee.hardware.search.target import Target

ESTIMATE_FILE = "estimate.json"

OWN = "own model"

SCHEMA = 3
"""Version of the format; raised whenever a field changes."""


@record
class DesignRequest:
    """The constraints that a design was chosen for. None stands for a constraint that nobody gave.

    Attributes:
        board: A board's name or file; by default ``zc706``.
        clock_mhz: Clock in MHz; by default the board's.
        budget: ``0.5``, or ``lut=0.5,dsp=0.2`` for some resources; by default the whole board.
        late_rates: Share of all samples that goes on after each exit but the last; by default as the export
            measured.
        width: Bits of data and weights; by default the network's own.
        buffered: Samples that the conditional buffer after each exit but the last holds; by default as many
            as
            the design's decisions need.
        target: Name of the hardware that the design is made of; by default ``fpgaconvnet``.
    """

    board: str | None = None
    clock_mhz: Megahertz | None = None
    budget: str | None = None
    late_rates: tuple[Share, ...] | None = None
    width: Annotated[int, Interval(ge=2, le=32)] | None = None
    buffered: tuple[Depth, ...] | None = None
    target: str | None = None


@excerpt
class _FoldedPart:
    """The fields of a part of a design that are read; its cost and its speed follow from them."""

    name: str
    folding: Folding | None
    streams_in: Factor
    streams_out: Factor


@excerpt
class _ChosenDesign:
    """The fields of ``estimate.json`` that are read."""

    network: str
    asked: DesignRequest
    parts: tuple[_FoldedPart, ...]


@dataclass(frozen=True)
class SavedDesign:
    """A design of hw-estimate, read from its file.

    Attributes:
        path: The file.
        network: Name of the network of the design.
        foldings: Foldings of all components, by name.
        constraints: The constraints that it was chosen for, and the depth of its buffers.
    """

    path: Path
    network: str
    foldings: Mapping[str, Folding]
    constraints: DesignRequest

    def check_is_of(self, network: str) -> None:
        """Check that the design was chosen for a network.

        Raises:
            FpgaEeError: It was chosen for another network.
        """
        if self.network != network:
            raise FpgaEeError(f"{self.path} is a design of {self.network}, not of {network}")


def is_estimate(path: Path, content: bytes) -> bool:
    """Tell a design of hw-estimate from a partition file, by the content of the file.

    Raises:
        FpgaEeError: The content is not JSON.
    """
    entries = parsed_json(path, content)
    return isinstance(entries, dict) and "parts" in entries


def saved_design(path: Path, content: bytes) -> SavedDesign:
    """Read a design that ``hw-estimate`` wrote, from the content of its file.

    Raises:
        FpgaEeError: The file has another version of the format, or holds no design.
    """
    design = parse_versioned(_ChosenDesign, SCHEMA, content, path, "a design of ours", "choose it again")
    foldings = {
        part.name: part.folding or Folding(part.streams_in, part.streams_out) for part in design.parts
    }
    return SavedDesign(path, design.network, foldings, design.asked)


def warnings(assessment: Assessment) -> tuple[str, ...]:
    """Warn of exits that all samples or none take, because their gain is not that of early exits."""
    reaching = (*assessment.space.reaching, 0.0)
    return unused_exits([here - further for here, further in pairwise(reaching)])


def notes(assessment: Assessment) -> list[str]:
    """List the facts that a reader of the figures needs.

    The facts are about the models, the board, and the network's file.
    """
    space, board = assessment.space, assessment.space.budget.board
    of_board = (
        f"The models count LUTs of six inputs and multipliers of 25 x 18 bits, but {board.name} has LUTs of "
        f"{board.lut_inputs}: take LUT and DSP for an order of magnitude."
    )
    of_rates = (
        "No sample goes on after an exit whose late rate is 0, so the stages after it are as small as they "
        "can be, and the gain is for a network that ends there. Give --late-rate for another rate."
    )
    return [
        *(f"WARNING: {warning}" for warning in warnings(assessment)),
        *space.target.notes,
        *([of_board] if board.lut_inputs != 6 else []),
        *([of_rates] if 0 in space.late_rates else []),
        *space.graph.notes,
    ]


def estimate_record(assessment: Assessment, request: DesignRequest) -> dict[str, Any]:
    """Give the content of ``estimate.json``. Intervals and latencies are in cycles, clocks in MHz.

    Args:
        assessment: The chosen design and its figures.
        request: The constraints that it was chosen for.
    """
    space, design = assessment.space, assessment.design
    board = space.budget.board
    return {
        "schema": SCHEMA,
        "network": space.graph.name,
        "target": space.target.name,
        "board": asdict(board),
        "clock_mhz": space.budget.clock_mhz,
        "budget": dict(zip(RESOURCE_NAMES, space.budget.fraction, strict=True)),
        "late_rates": list(space.late_rates),
        "notes": notes(assessment),
        "throughput": assessment.throughput,
        "throughput_without_exits": assessment.throughput_without,
        "gain": assessment.gain,
        "excess": assessment.excess,
        "memory_mb_s": assessment.memory_mb_s,
        "latency_us": assessment.latencies_us,
        "latency_cycles": design.latencies(),
        "resources": asdict(design.resources),
        "shares": design.resources.shares(board.resources),
        "stages": [_stage(design, index) for index in range(len(space.graph.stages))],
        "parts": [_part(component, design.target) for component in design.components.values()],
        "without_exits": None if assessment.without is None else _without(assessment.without),
        "robustness": [asdict(one) for one in assessment.robustness],
        "gains": [asdict(gain) for gain in assessment.gains],
        "front": [asdict(point) for point in assessment.front],
        "front_without_exits": [asdict(point) for point in assessment.front_without],
        "buffers": [asdict(buffer) for buffer in assessment.buffers],
        "asked": asdict(request),
    }


def _stage(design: EstimatedDesign, index: int) -> dict[str, Any]:
    return {
        "interval": design.stage_interval(index),
        "resources": asdict(design.stage_resources(index)),
    }


def _part(component: Component, target: Target) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": component.name,
        "stage": component.stage,
        "streams_in": component.streams_in,
        "streams_out": component.streams_out,
        "folding": asdict(component.folding) if component.folding else None,
        "interval": component.interval,
        "interval_source": OWN,
        "resources": asdict(component.resources),
        "resource_source": target.source(component.layer),
        "width_converter": asdict(component.converter),
    }
    layer, folding = component.layer, component.folding
    if layer and folding and (theirs := target.published(layer, folding)):
        record["published"] = {"interval": theirs.interval, "resources": asdict(theirs.resources)}
    return record


def _without(design: EstimatedDesign) -> dict[str, Any]:
    return {
        "interval": design.stage_interval(0),
        "resources": asdict(design.resources),
        "foldings": {name: asdict(one.folding) for name, one in design.components.items() if one.folding},
    }
