"""The format of ``estimate.json``: a search writes the design that it chose, and other steps read it.

Steps that use the design take its foldings and the constraints that it was chosen for. All other figures
follow from these, but a file in which any of them is damaged is not trusted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import parsed_json
from fpga_ee.files.schemas import parse_versioned
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.estimate_schema import (
    SCHEMA,
    DesignRequest,
    Estimate,
    Figures,
    OwnHardware,
    Part,
    WithoutExits,
)
from fpga_ee.hardware.search.estimated_design import Component, EstimatedDesign
from fpga_ee.hardware.search.target import Target

ESTIMATE_FILE = "estimate.json"

OWN = "own model"


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
    design = parse_versioned(Estimate, SCHEMA, content, path, "a design of ours", "choose it again")
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


def estimate_record(
    assessment: Assessment, request: DesignRequest, own: OwnHardware | None
) -> dict[str, Any]:
    """Give the content of ``estimate.json``, with the number of its format.

    Args:
        assessment: The chosen design and its figures.
        request: The constraints that it was chosen for.
        own: Our own library beside it; None where it was not asked for.
    """
    space, design = assessment.space, assessment.design
    board = space.budget.board
    estimate = Estimate(
        network=space.graph.name,
        target=space.target.name,
        board=board,
        clock_mhz=space.budget.clock_mhz,
        budget=dict(zip(RESOURCE_NAMES, space.budget.fraction, strict=True)),
        late_rates=space.late_rates,
        notes=tuple(notes(assessment)),
        throughput=assessment.throughput,
        throughput_without_exits=assessment.throughput_without,
        gain=assessment.gain,
        excess=assessment.excess,
        memory_mb_s=assessment.memory_mb_s,
        latency_us=tuple(assessment.latencies_us),
        latency_cycles=tuple(design.latencies()),
        resources=design.resources,
        shares=design.resources.shares(board.resources),
        stages=tuple(
            Figures(design.stage_interval(index), design.stage_resources(index))
            for index in range(len(space.graph.stages))
        ),
        parts=tuple(_part(component, design.target) for component in design.components.values()),
        without_exits=None if assessment.without is None else _without(assessment.without),
        robustness=assessment.robustness,
        own_hardware=own,
        buffers=assessment.buffers,
        asked=request,
    )
    content = {"schema": SCHEMA, **asdict(estimate)}
    for part in content["parts"]:
        if part["published"] is None:
            del part["published"]
    return content


def _part(component: Component, target: Target) -> Part:
    layer, folding = component.layer, component.folding
    theirs = target.published(layer, folding) if layer and folding else None
    return Part(
        name=component.name,
        stage=component.stage,
        streams_in=component.streams_in,
        streams_out=component.streams_out,
        folding=folding,
        interval=component.interval,
        interval_source=OWN,
        resources=component.resources,
        resource_source=target.source(layer),
        width_converter=component.converter,
        published=None if theirs is None else Figures(theirs.interval, theirs.resources),
    )


def _without(design: EstimatedDesign) -> WithoutExits:
    foldings = {name: one.folding for name, one in design.components.items() if one.folding}
    return WithoutExits(design.stage_interval(0), design.resources, foldings)
