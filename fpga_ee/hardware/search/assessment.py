"""The assessment of one design: all figures of its tables, its pictures and its JSON file."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import Amount, Share, Whole, record
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.hardware.search.early_exit_gains import OffRate, baseline, robustness
from fpga_ee.hardware.search.estimated_design import EstimatedDesign
from fpga_ee.hardware.timing import buffering
from fpga_ee.hardware.timing.buffering import Traffic
from fpga_ee.hardware.timing.decision_trace import DecisionTrace

OFFSETS = (-0.10, -0.05, 0.0, 0.05, 0.10)
BURSTS = (2, 4, 8)
NEARLY = 0.99
"""Share of an unlimited buffer's throughput that counts as enough."""

DEPTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


@record
class DepthPoint:
    """Samples per second with a buffer of ``samples`` slots, simulated and estimated by queueing theory."""

    samples: Whole
    simulated: Amount
    estimated: Amount


@record
class BufferAssessment:
    """One conditional buffer.

    Attributes:
        stage: The stage before it.
        traffic: The pace of the samples that pass it.
        least: Samples it must hold so that a decision never waits for room.
        built: Samples it holds in the design.
        simulated: Samples per second of the decisions with the depth that is built.
        sufficient: Samples it must hold for 99 % of an unlimited buffer's throughput.
        longest_run: Most samples in a row that go on.
        late_rate: Share of the samples that go on.
        bursts: Pairs of late samples in a row, and the depth with which such a burst costs no time.
        curve: Throughput against depth.
        source: The origin of the decisions.
    """

    stage: Whole
    traffic: Traffic
    least: Whole
    built: Whole
    simulated: Amount
    sufficient: Whole
    longest_run: Whole
    late_rate: Share
    bursts: tuple[tuple[Whole, Whole], ...]
    curve: tuple[DepthPoint, ...]
    source: str


@dataclass(frozen=True)
class Assessment:
    """A design, and the network without exits that it is compared with.

    Attributes:
        space: The design space that the design is from.
        design: The design.
        without: The fastest design without early exits for the same share of the board; None where none
            fits.
        robustness: Throughput at late rates around those that the design was chosen for.
        buffers: The conditional buffers.
    """

    space: Space
    design: EstimatedDesign
    without: EstimatedDesign | None
    robustness: tuple[OffRate, ...]
    buffers: tuple[BufferAssessment, ...]

    @property
    def throughput(self) -> float:
        """Samples per second, with buffers that never stall."""
        return self.space.throughput(self.design)

    @property
    def throughput_without(self) -> float | None:
        """Samples per second of the design without early exits; None where none fits."""
        return self.space.budget.throughput(self.without.period((1.0,))) if self.without else None

    @property
    def share(self) -> float:
        """The largest share of the board's resources that the design uses; above 1 if it does not fit."""
        return self.design.resources.share(self.space.budget.board.resources)

    @property
    def gain(self) -> float | None:
        """Throughput with early exits divided by throughput without.

        It is None where one of the two does not fit.
        """
        without = self.throughput_without
        return None if without is None or self.share > 1 else self.throughput / without

    @property
    def excess(self) -> dict[str, int]:
        """The missing number of each resource that exceeds the budget; empty if the design fits."""
        return self.space.budget.excess(self.design.resources)

    @property
    def latencies_us(self) -> list[float]:
        """Microseconds from a sample's first word to its result, for each exit, in an empty design."""
        return [cycles / self.space.budget.clock_mhz for cycles in self.design.latencies()]

    @property
    def memory_mb_s(self) -> float:
        """10^6 bytes a second between the board's memory and the design: every image and its result."""
        graph = self.space.graph
        maps = (graph.input, graph.logits)
        return sum(words.words * ceil(words.format.bits / 8) for words in maps) * self.throughput / 1e6


def assess(space: Space, design: EstimatedDesign, trace: DecisionTrace) -> Assessment:
    """Compare a design with the network without exits, and find its figures.

    Args:
        space: The design space.
        design: The design.
        trace: The decisions that the buffers are assessed with.
    """
    plain = baseline(space, design.resources.share(space.budget.board.resources))
    try:
        without = plain.fastest()
    except FpgaEeError:
        without = None  # the network without exits may not fit where this one does, and the other way round
    return Assessment(
        space=space,
        design=design,
        without=without,
        robustness=tuple(robustness(design, space, OFFSETS)),
        buffers=tuple(_assess_buffer(space, design, stage, trace) for stage in range(len(space.late_rates))),
    )


def sufficient_depths(space: Space, design: EstimatedDesign, trace: DecisionTrace) -> list[int]:
    """List the samples that each conditional buffer must hold for 99 % of an unlimited one's throughput.

    Args:
        space: The late rates that the design was chosen for.
        design: The design.
        trace: The decisions.
    """
    return [
        buffering.sufficient_depth(design.traffic(stage, space.reaching), late, NEARLY) if late else 1
        for stage, late in enumerate(map(trace.late, range(len(space.late_rates))))
    ]


def _assess_buffer(
    space: Space, design: EstimatedDesign, stage: int, trace: DecisionTrace
) -> BufferAssessment:
    traffic = design.traffic(stage, space.reaching)
    late, built = trace.late(stage), space.buffered[stage]
    rate = sum(late) / len(late) if late else 0.0
    # Only a share of all samples reaches a later stage, but the figures count all samples.
    per_second = space.budget.clock_mhz * 1e6 * len(trace.exits) / max(1, len(late))

    def simulated(depth: int) -> float:
        # Where no sample reaches the stage, nothing can stall.
        return per_second * (buffering.throughput(traffic, late, depth) if late else 1 / traffic.pace)

    return BufferAssessment(
        stage=stage,
        traffic=traffic,
        least=buffering.least_depth(traffic),
        built=built,
        simulated=simulated(built),
        sufficient=sufficient_depths(space, design, trace)[stage],
        longest_run=buffering.longest_run(late),
        late_rate=rate,
        bursts=tuple((n, buffering.unhindered_depth(traffic, _burst(traffic, n))) for n in BURSTS),
        curve=tuple(
            DepthPoint(
                depth,
                simulated(depth),
                buffering.estimated_throughput(traffic, rate, depth) * per_second,
            )
            for depth in sorted({*DEPTHS, built})
        ),
        source=trace.source,
    )


def _burst(traffic: Traffic, late: int) -> Sequence[bool]:
    """Make a burst, and enough early samples after it that time lost to a stall shows at the end."""
    catching_up = (late * traffic.late_interval + traffic.decision_latency) // traffic.interval + 2
    return [True] * late + [False] * catching_up
