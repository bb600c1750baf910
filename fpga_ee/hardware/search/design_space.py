"""The design space of a network on a board: its fastest, smallest and cheapest designs, and its front."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import Amount, record
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.search.solver import cheapest, fastest, front, periods_of
from fpga_ee.hardware.search.space_graph import checked_late_rates, space_graph
from fpga_ee.hardware.search.space_nodes import DesignPoint, SpaceNodes
from fpga_ee.hardware.search.target import Target
from fpga_ee.hardware.timing.buffering import least_depth


@record
class FrontPoint:
    """A design on a front: samples per second, and the largest share of the board's resources."""

    throughput: Amount
    share: Amount


@dataclass(frozen=True)
class Space:
    """All designs of a network on a board.

    Attributes:
        graph: The network.
        late_rates: Share of all samples that reaches the second and each later stage.
        budget: The board, the usable share of it, and the clock.
        target: The hardware that designs are made of.
        buffered: Samples that the conditional buffer after each stage but the last holds.
    """

    graph: HardwareGraph
    late_rates: tuple[float, ...]
    budget: Budget
    target: Target
    buffered: tuple[int, ...]

    @cached_property
    def nodes(self) -> SpaceNodes:
        """The graph of layers and units that the search chooses from."""
        return space_graph(self.graph, self.late_rates, self.target, self.buffered)

    @property
    def reaching(self) -> tuple[float, ...]:
        """Share of all samples that reaches each stage."""
        return checked_late_rates(self.graph, self.late_rates)

    def throughput(self, design: EstimatedDesign) -> float:
        """Compute a design's samples per second, with buffers that never stall."""
        return self.budget.throughput(design.period(self.reaching))

    def fastest(self) -> EstimatedDesign:
        """Find the fastest design within the budget, and the cheapest of equally fast ones.

        Raises:
            FpgaEeError: No design fits.
        """
        return self._estimated(fastest(self.nodes, self.budget.capacity))

    def smallest(self) -> EstimatedDesign:
        """Find the design whose largest share of the budget is smallest, at any speed.

        It may exceed the budget.
        """
        found = cheapest(self.nodes, self.budget.capacity, float("inf"), share=float("inf"))
        assert found is not None  # noqa: S101 - without limits something always fits
        return estimated(self.graph, self.target, self.nodes, found.options)

    def cheapest(self, throughput: float) -> EstimatedDesign:
        """Find the design of a wanted throughput whose largest share of the budget is smallest.

        Args:
            throughput: Samples per second. A design reaches it if its own throughput rounds to it, as in
                tables.

        Raises:
            FpgaEeError: No design within the budget is that fast.
        """
        if not throughput >= 1:
            raise FpgaEeError(f"a throughput of {throughput:g} samples/s is not at least 1")
        period = self.budget.clock_mhz * 1e6 / (throughput - 0.5)
        found = cheapest(self.nodes, self.budget.capacity, period)
        if found is None:
            best = self.fastest()
            raise FpgaEeError(
                f"no design of {self.graph.name} within the budget reaches {throughput:,.10g} samples/s: the "
                f"fastest gives {self.budget.throughput(best.period(self.reaching)):,.0f}"
            )
        return self._estimated(found)

    def front(self, start_progress: Callable[[int], Callable[[int], None]]) -> list[FrontPoint]:
        """List the designs that no other beats in both throughput and largest share of the whole board.

        Args:
            start_progress: Starts the display of the progress over so many periods.
        """
        board = self.budget.board.resources
        advance = start_progress(len(periods_of(self.nodes)))
        return [
            FrontPoint(self.budget.throughput(point.period), point.resources.share(board))
            for point in front(self.nodes, board, advance)
        ]

    def _estimated(self, point: DesignPoint | None) -> EstimatedDesign:
        if point is None:
            raise FpgaEeError(self._shortage())
        return estimated(self.graph, self.target, self.nodes, point.options)

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
            f"{', '.join(short)}; take a larger share of the board or a larger board"
        )


def settled(space: Space, choose: Callable[[Space], EstimatedDesign]) -> tuple[Space, EstimatedDesign]:
    """Choose a design whose conditional buffers are as deep as its own decisions need.

    The latency of a decision depends on the folding of its exit, and the buffer is part of the design. So a
    design is chosen, and chosen again with deeper buffers while they are too shallow.

    Args:
        space: The space to begin with.
        choose: Chooses a design of a space.

    Raises:
        FpgaEeError: No design can be chosen.
    """
    while True:
        design = choose(space)
        needed = tuple(
            max(depth, least_depth(design.traffic(stage, space.reaching)))
            for stage, depth in enumerate(space.buffered)
        )
        if needed == space.buffered:
            return space, design
        space = replace(space, buffered=needed)


def deepened(space: Space, design: EstimatedDesign, wanted: Sequence[int]) -> tuple[Space, EstimatedDesign]:
    """Make the conditional buffers of a design deeper, as far as the budget has room.

    Args:
        space: The space that the design is from; its buffers are the shallowest.
        design: The design; its foldings stay.
        wanted: Samples that each buffer should hold.
    """

    def built(limit: int) -> tuple[Space, EstimatedDesign]:
        depths = tuple(
            max(least, min(limit, most)) for least, most in zip(space.buffered, wanted, strict=True)
        )
        deeper = replace(space, buffered=depths)
        return deeper, estimated(
            space.graph, space.target, deeper.nodes, given_design(deeper.nodes, design.foldings)
        )

    def exceeds(limit: int) -> bool:
        return built(limit)[1].resources.share(space.budget.capacity) > 1

    return built(bisect_left(range(1, 1 + max(wanted, default=0)), True, key=exceeds))
