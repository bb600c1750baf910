"""The gain of early exits: a network with exits and the same one without, also at other late rates."""

from collections.abc import Sequence
from dataclasses import replace

from fpga_ee.files.schemas import Amount, Share, record
from fpga_ee.hardware.network.graph import without_exits
from fpga_ee.hardware.search.design_space import FrontPoint, Space
from fpga_ee.hardware.search.estimated_design import EstimatedDesign


@record
class Gain:
    """Samples per second of the fastest design with and without early exits, at a budget.

    A value is 0 where no design fits.
    """

    budget: Amount
    early_exit: Amount
    baseline: Amount


@record
class OffRate:
    """Samples per second of a design at late rates that differ from those it was chosen for."""

    late_rates: tuple[Share, ...]
    throughput: Amount


def baseline(space: Space, share: float) -> Space:
    """Make the space of designs without early exits, for a share of the board, and at most for all of it."""
    budget = replace(space.budget, fraction=(min(1.0, share),) * 4)
    return replace(space, budget=budget, graph=without_exits(space.graph), late_rates=(), buffered=())


def gains(
    early_exit: Sequence[FrontPoint], without: Sequence[FrontPoint], budgets: Sequence[float]
) -> list[Gain]:
    """Find the fastest design of both fronts at each of several shares of the board."""

    def best(points: Sequence[FrontPoint], budget: float) -> float:
        return max((point.throughput for point in points if point.share <= budget), default=0.0)

    return [Gain(budget, best(early_exit, budget), best(without, budget)) for budget in budgets]


def robustness(design: EstimatedDesign, space: Space, offsets: Sequence[float]) -> list[OffRate]:
    """Compute samples per second when the late rates are off.

    Args:
        design: The design.
        space: The late rates that the design was chosen for, and the clock.
        offsets: Numbers that are added to every late rate, ascending; rates stay between 0 and 1.
    """
    # Offsets beyond 0 or 1 give the same rates, which are listed once.
    found = dict.fromkeys(
        tuple(min(1.0, max(0.0, rate + offset)) for rate in space.late_rates) for offset in offsets
    )
    return [OffRate(rates, space.budget.throughput(design.period((1.0, *rates)))) for rates in found]
