"""Every field of ``estimate.json``, with its type and its range.

Intervals and latencies are in cycles, clocks in MHz, throughputs in samples per second.
"""

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Interval
from pydantic import BeforeValidator

from fpga_ee.files.schemas import Amount, Share, Whole, record
from fpga_ee.hardware.fpga.boards import Board, Megahertz
from fpga_ee.hardware.fpga.resources import Counts, of_all, of_one
from fpga_ee.hardware.network.folding import Factor, Folding
from fpga_ee.hardware.sample_ids import Depth
from fpga_ee.hardware.search.assessment import BufferAssessment
from fpga_ee.hardware.search.early_exit_gains import OffRate

SCHEMA = 4
"""Version of the format; raised whenever a field changes."""


Shares = Annotated[Mapping[str, Amount], BeforeValidator(of_all)]
"""Share of each resource of a board; above 1 where a design does not fit."""


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


@record
class Figures:
    """The figures of a stage, or of a layer by another model."""

    interval: Whole
    resources: Counts


@record
class Part:
    """One part of a design: a layer, or a unit of the early exits.

    Attributes:
        name: Its name, unique in the design.
        stage: The stage that it belongs to.
        streams_in: Words that enter in one cycle.
        streams_out: Words that leave in one cycle.
        folding: Folding of a layer; None for a unit.
        interval: Cycles between two samples.
        interval_source: The model of the interval.
        resources: Its resources.
        resource_source: The model of the resources.
        width_converter: Resources of the width converter in front of it.
        published: Figures of another model, where there are some.
    """

    name: str
    stage: Whole
    streams_in: Factor
    streams_out: Factor
    folding: Folding | None
    interval: Whole
    interval_source: str
    resources: Counts
    resource_source: str
    width_converter: Counts
    published: Figures | None = None


@record
class WithoutExits:
    """The fastest design without early exits for the same share of the board."""

    interval: Whole
    resources: Counts
    foldings: Mapping[str, Folding]


@record
class OwnDesign:
    """A design of our own library.

    Attributes:
        description: The design in a few words.
        throughput: Samples per second, with buffers that never stall.
        resources: Its resources.
        share: The largest share of the board's resources that it uses.
    """

    description: str
    throughput: Amount
    resources: Counts
    share: Amount


@record
class OwnHardware:
    """The designs of our own library for the network and the board of another design.

    Attributes:
        designs: The designs; none where the library does not take the network or the board.
        missing: The reason why there are none; empty where there are some.
    """

    designs: tuple[OwnDesign, ...]
    missing: str = ""


@record
class Estimate:
    """The content of ``estimate.json``: every figure of the tables.

    Attributes:
        network: Name of the network.
        target: Name of the hardware that the design is made of.
        board: The board, with its resources.
        clock_mhz: The clock.
        budget: Usable share of each resource.
        late_rates: Share of all samples that goes on after each exit but the last.
        notes: Facts that a reader of the figures needs.
        throughput: Samples per second, with buffers that never stall.
        throughput_without_exits: The same of the design without early exits; None where none fits.
        gain: The quotient of the two.
        excess: Missing units of each resource that is short.
        memory_mb_s: Traffic with the external memory.
        latency_us: Latency of a sample that leaves at each exit, in microseconds.
        latency_cycles: The same in cycles.
        resources: Resources of the whole design.
        shares: Their shares of the board.
        stages: Figures of every stage.
        parts: Every part of the design.
        without_exits: The design without early exits; None where none fits.
        robustness: Throughput at other late rates.
        own_hardware: Our own library beside it; None where it was not asked for.
        buffers: The conditional buffers.
        asked: The constraints that the design was chosen for.
    """

    network: str
    target: str
    board: Board
    clock_mhz: Megahertz
    budget: Shares
    late_rates: tuple[Share, ...]
    notes: tuple[str, ...]
    throughput: Amount
    throughput_without_exits: Amount | None
    gain: Amount | None
    excess: Mapping[Annotated[str, BeforeValidator(of_one)], Whole]
    memory_mb_s: Amount
    latency_us: tuple[Amount, ...]
    latency_cycles: tuple[Whole, ...]
    resources: Counts
    shares: Shares
    stages: tuple[Figures, ...]
    parts: tuple[Part, ...]
    without_exits: WithoutExits | None
    robustness: tuple[OffRate, ...]
    own_hardware: OwnHardware | None
    buffers: tuple[BufferAssessment, ...]
    asked: DesignRequest

    def __post_init__(self) -> None:
        """Check that the fields fit together.

        Raises:
            ValueError: The numbers of stages, late rates, latencies and buffers differ, two parts have one
                name, or a part is of a stage that does not exist.
        """
        stages = len(self.stages)
        for name, number in (
            ("late_rates", len(self.late_rates) + 1),
            ("latency_us", len(self.latency_us)),
            ("latency_cycles", len(self.latency_cycles)),
            ("buffers", len(self.buffers) + 1),
        ):
            if number != stages:
                raise ValueError(f"{name} are of {number} stages, and there are {stages}")
        names = [part.name for part in self.parts]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two parts have the name {twice:.60}")
        if any(part.stage >= stages for part in self.parts):
            raise ValueError(f"a part is of a stage that does not exist: there are {stages}")
