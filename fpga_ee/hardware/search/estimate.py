"""Which design to build for a board, what it costs, how fast it is, and what the early exits gain."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.boards import Board, check_clock
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.network.graph import HardwareGraph, without_exits
from fpga_ee.hardware.search.explore import Block, Design, cheapest, fastest, front
from fpga_ee.hardware.search.implementation import Implementation, implement
from fpga_ee.hardware.search.planned import planned
from fpga_ee.hardware.search.space import checked_late_rates, design_space
from fpga_ee.hardware.search.target import Target
from fpga_ee.hardware.timing.buffering import least_depth


@dataclass(frozen=True)
class Budget:
    """What a design may use, and how fast it is clocked.

    Attributes:
        board: The board.
        fraction: Usable part of each resource, 0 to 1, in the order LUT, FF, DSP, BRAM.
        clock_mhz: Clock in MHz.
    """

    board: Board
    fraction: tuple[float, float, float, float]
    clock_mhz: float

    def __post_init__(self) -> None:
        """Check the fractions and the clock.

        Raises:
            FpgaEeError: A fraction is not above 0 and at most 1, or no FPGA has such a clock.
        """
        for name, part in zip(RESOURCE_NAMES, self.fraction, strict=True):
            if not 0 < part <= 1:
                raise FpgaEeError(f"a budget of {part:g} of the board's {name} is not above 0 and at most 1")
        check_clock(self.clock_mhz)

    @property
    def capacity(self) -> Resources:
        """What may be used of each resource; at least 1, so that shares are defined."""
        pairs = zip(astuple(self.board.resources), self.fraction, strict=True)
        return Resources(*(max(1, int(round(count * part, 6))) for count, part in pairs))

    def excess(self, used: Resources) -> dict[str, int]:
        """How many of each resource are missing, for those that are."""
        triples = zip(RESOURCE_NAMES, astuple(used), astuple(self.capacity), strict=True)
        return {name: need - has for name, need, has in triples if need > has}

    def throughput(self, period: float) -> float:
        """Samples per second at so many cycles per sample."""
        return self.clock_mhz * 1e6 / period


@dataclass(frozen=True)
class Point:
    """A design on a front: samples per second, and the largest share of the board that it uses."""

    throughput: float
    share: float


@dataclass(frozen=True)
class Gain:
    """Early exits against none at a budget: samples per second of both (0 where nothing fits)."""

    budget: float
    early_exit: float
    baseline: float


@dataclass(frozen=True)
class OffRate:
    """Samples per second of a design at other late rates than it was chosen for."""

    late_rates: tuple[float, ...]
    throughput: float


@dataclass(frozen=True)
class Space:
    """All designs of a network on a board.

    Attributes:
        graph: The network.
        late_rates: Part of all samples that reaches the second and each later stage.
        budget: The board, the usable part of it, and the clock.
        target: What designs are made of.
        buffered: Samples that the conditional buffer behind each stage but the last holds.
    """

    graph: HardwareGraph
    late_rates: tuple[float, ...]
    budget: Budget
    target: Target
    buffered: tuple[int, ...]

    @cached_property
    def root(self) -> Block:
        """The tree that the search walks."""
        return design_space(self.graph, self.late_rates, self.target, self.buffered)

    @property
    def reaching(self) -> tuple[float, ...]:
        """Part of all samples that reaches each stage."""
        return checked_late_rates(self.graph, self.late_rates)

    def fastest(self) -> Implementation:
        """The fastest design within the budget, and the cheapest of these.

        Raises:
            FpgaEeError: No design fits.
        """
        return self._implemented(fastest(self.root, self.budget.capacity))

    def smallest(self) -> Implementation:
        """The design whose largest share of the budget is smallest, however slow; it need not fit."""
        found = cheapest(self.root, self.budget.capacity, float("inf"), share=1e9)
        assert found is not None  # noqa: S101 - without limits something always fits
        return implement(self.graph, self.target, self.root, found)

    def cheapest(self, throughput: float) -> Implementation:
        """The design of a wanted throughput whose largest share of the budget is smallest.

        Args:
            throughput: Samples per second; a design reaches it when its own rounds to it, as in tables.

        Raises:
            FpgaEeError: No design within the budget is that fast.
        """
        if not throughput >= 1:
            raise FpgaEeError(f"a throughput of {throughput:g} samples/s is not at least 1")
        period = self.budget.clock_mhz * 1e6 / (throughput - 0.5)
        found = cheapest(self.root, self.budget.capacity, period)
        if found is None:
            best = self.fastest()
            raise FpgaEeError(
                f"no design of {self.graph.name} within the budget reaches {throughput:,.10g} samples/s: the "
                f"fastest gives {self.budget.throughput(best.period(self.reaching)):,.0f}"
            )
        return self._implemented(found)

    def front(self) -> list[Point]:
        """All designs that none beats in both throughput and largest share of the whole board."""
        board = self.budget.board.resources
        return [
            Point(self.budget.throughput(design.period), design.resources.share(board))
            for design in front(self.root, board)
        ]

    def _implemented(self, design: Design | None) -> Implementation:
        if design is None:
            raise FpgaEeError(self._shortage())
        return implement(self.graph, self.target, self.root, design)

    def _shortage(self) -> str:
        capacity = self.budget.capacity
        smallest = self.smallest()
        short = [
            f"{getattr(smallest.resources, name):,} {name.upper()} of {getattr(capacity, name):,} "
            f"({missing:,} too many)"
            for name, missing in self.budget.excess(smallest.resources).items()
        ]
        return (
            f"no design of {self.graph.name} fits the budget on {self.budget.board.name}: the smallest needs "
            f"{', '.join(short)}; take a larger part of the board or a larger board"
        )


def settled(space: Space, choose: Callable[[Space], Implementation]) -> tuple[Space, Implementation]:
    """Choose a design whose conditional buffers are as deep as its own decisions need.

    How long a decision takes is known only when the exit is folded, and the buffer is part of what is
    chosen: so choose, and choose again with deeper buffers where they were too shallow.

    Args:
        space: Where to begin.
        choose: Chooses a design of a space.

    Raises:
        FpgaEeError: No design can be chosen.
    """
    while True:
        chosen = choose(space)
        needed = tuple(
            max(depth, least_depth(chosen.traffic(stage, space.reaching)))
            for stage, depth in enumerate(space.buffered)
        )
        if needed == space.buffered:
            return space, chosen
        space = replace(space, buffered=needed)


def deepened(space: Space, chosen: Implementation, wanted: Sequence[int]) -> tuple[Space, Implementation]:
    """Make the conditional buffers of a chosen design deeper, as far as the budget has room.

    Args:
        space: The space that it is from, whose buffers are the shallowest.
        chosen: The design; its foldings stay.
        wanted: Samples that each buffer should hold.
    """

    def built(limit: int) -> tuple[Space, Implementation]:
        depths = tuple(
            max(least, min(limit, most)) for least, most in zip(space.buffered, wanted, strict=True)
        )
        deeper = replace(space, buffered=depths)
        return deeper, implement(
            space.graph, space.target, deeper.root, planned(deeper.root, chosen.foldings)
        )

    def exceeds(limit: int) -> bool:
        return built(limit)[1].resources.share(space.budget.capacity) > 1

    return built(bisect_left(range(1, 1 + max(wanted, default=0)), True, key=exceeds))


def baseline(space: Space, share: float) -> Space:
    """The network without its early exits, for a share of the board, or all of it where that is more."""
    budget = replace(space.budget, fraction=(min(1.0, share),) * 4)
    return replace(space, budget=budget, graph=without_exits(space.graph), late_rates=(), buffered=())


def gains(early_exit: Sequence[Point], without: Sequence[Point], budgets: Sequence[float]) -> list[Gain]:
    """The fastest of two fronts at each of several shares of the board."""

    def best(points: Sequence[Point], budget: float) -> float:
        return max((point.throughput for point in points if point.share <= budget), default=0.0)

    return [Gain(budget, best(early_exit, budget), best(without, budget)) for budget in budgets]


def robustness(implementation: Implementation, space: Space, offsets: Sequence[float]) -> list[OffRate]:
    """Samples per second when the late rates are off.

    Args:
        implementation: The design.
        space: Late rates that it was chosen for, and the clock.
        offsets: What is added to every late rate, ascending; rates stay between 0 and 1.
    """
    # Offsets beyond 0 or 1 give the same rates, which are told once.
    found = dict.fromkeys(
        tuple(min(1.0, max(0.0, rate + offset)) for rate in space.late_rates) for offset in offsets
    )
    return [OffRate(rates, space.budget.throughput(implementation.period((1.0, *rates)))) for rates in found]
