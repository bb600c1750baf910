"""Exact design-space search over a tree of layers and units.

A design chooses one option (a folding) for every node. Its *period*, the cycles per sample it sustains, is
the largest of its nodes' periods; its resources add up, width converters between neighbours included. So,
with the period bounded, the cheapest designs follow from the leaves to the root: for every number of streams
that a parent may offer, the set of resource vectors that no other beats. Nothing is sampled or annealed.

Three rules keep these sets small, and all are exact:

1. A vector that another one undercuts or equals in every resource is dropped, since whatever is added to the
   one can be added to the other.
2. A vector is dropped when it exceeds the allowed share of a resource even with the cheapest option for every
   node outside its subtree.
3. With a price for every resource (``relaxation.py``), a vector is dropped when it and the cheapest
   surroundings cost more than the allowed share of everything. The allowed share is that of a design that
   the prices found, which is hardly ever a percent above the least, so few vectors are left.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search.relaxation import (
    Bounds,
    RelaxedNode,
    Values,
    bounds,
    even_prices,
    surroundings,
)
from fpga_ee.hardware.search.space_nodes import Costs, DesignPoint, Option, SpaceNode, costs_of

ROUNDING = 1e-9
"""The part of a share that sums of fractions may be off by."""


@dataclass(frozen=True)
class _Problem:
    """A design space, the capacity of each resource, and both in the numbers of the easy problem."""

    root: SpaceNode
    capacity: Costs
    easy: RelaxedNode


@dataclass(frozen=True)
class _Limits:
    """Upper limits of a subtree's vectors: of each resource, and of all of them at prices."""

    room: NDArray[Any]
    prices: Values
    price: float


@dataclass(frozen=True)
class _CostSet:
    """Resource vectors that none beats, and the way to each: an option and one entry per child."""

    costs: Costs
    paths: list[tuple[Any, ...]]


def cheapest(root: SpaceNode, capacity: Resources, period: float, share: float = 1.0) -> DesignPoint | None:
    """The design of at most that period whose largest share of ``capacity`` is smallest.

    Of designs equal in that, the one with the smallest sum of shares.

    Args:
        root: The design space.
        capacity: The capacity of each resource, all positive.
        period: Cycles per sample allowed.
        share: Largest share of any resource allowed.

    Returns:
        The design, or None where none keeps within the period and the share.
    """
    problem = _problem(root, capacity)
    return _cheapest(problem, period, bounds(problem.easy, period, even_prices(problem.easy)), share)


def fastest(root: SpaceNode, capacity: Resources) -> DesignPoint | None:
    """The design of the smallest period within the capacity, and the cheapest of these; None if none fits."""
    problem = _problem(root, capacity)

    def fits(period: float) -> bool:
        known = bounds(problem.easy, period, even_prices(problem.easy))
        # A share of one is left to whole numbers.
        if known.found <= 1 - ROUNDING or known.least > 1 + ROUNDING:
            return known.found < 1
        return bool(len(_undominated(problem, period, known.prices, 1.0).costs))

    # Every design of a smaller period is also one of a larger: feasibility is monotonic, so bisect.
    index = bisect_left(root.periods, True, key=fits)
    return cheapest(root, capacity, root.periods[index]) if index < len(root.periods) else None


def front(root: SpaceNode, capacity: Resources) -> list[DesignPoint]:
    """The Pareto front of period against largest share of the capacity, fastest design first.

    Two figures, not period and four resources: the share that is largest decides which board a design fits.
    Every design is cheaper than all that are faster, and faster than all that are cheaper.
    """
    designs: list[DesignPoint] = []
    share = 1.0
    problem = _problem(root, capacity)
    prices = even_prices(problem.easy)
    for period in root.periods:
        # Prices of one period are good ones for the next.
        known = bounds(problem.easy, period, prices)
        prices = known.prices
        # A design for a smaller period serves a larger one too, so its share bounds the next from above.
        design = _cheapest(problem, period, known, share)
        if design is None:
            continue
        if not designs or design.resources.share(capacity) < share:
            designs.append(design)
            share = design.resources.share(capacity)
    return designs


def _cheapest(problem: _Problem, period: float, known: Bounds, share: float) -> DesignPoint | None:
    if known.least > share * (1 + ROUNDING):
        return None
    found = _undominated(problem, period, known.prices, min(share, known.found))
    if not len(found.costs):
        return None
    shares = found.costs / problem.capacity
    best = int(np.lexsort((shares.sum(axis=1), shares.max(axis=1)))[0])
    return _design(found.costs[best], found.paths[best])


def relaxed(root: SpaceNode, capacity: Resources) -> RelaxedNode:
    """The design space in numbers, as shares of a capacity whose resources are all positive."""
    return _relaxed(root, [1], costs_of(capacity))


def _problem(root: SpaceNode, capacity: Resources) -> _Problem:
    return _Problem(root, costs_of(capacity), relaxed(root, capacity))


def _relaxed(node: SpaceNode, offered: Sequence[int], capacity: Costs) -> RelaxedNode:
    taken = sorted({option.streams_in for option in node.options})
    given = sorted({option.streams_out for option in node.options})
    converters = [[costs_of(node.converter(one, other)) for other in taken] for one in offered]
    return RelaxedNode(
        node.name,
        np.array([option.period for option in node.options]),
        np.array([cost for _, cost in node.costs]) / capacity,
        np.array([taken.index(option.streams_in) for option in node.options]),
        np.array([given.index(option.streams_out) for option in node.options]),
        np.array(converters) / capacity,
        tuple(_relaxed(child, given, capacity) for child in node.children),
    )


def _undominated(problem: _Problem, period: float, prices: Values, share: float) -> _CostSet:
    least: dict[str, Costs] = {}
    options: dict[str, list[tuple[Option, Costs]]] = {}
    for node in problem.root.walk():
        options[node.name] = [(option, cost) for option, cost in node.costs if option.period <= period]
        if not options[node.name]:
            return _EMPTY
        least[node.name] = np.min([cost for _, cost in options[node.name]], axis=0)
    total = np.sum(list(least.values()), axis=0)
    around = surroundings(problem.easy, period, prices)
    each, allowed = prices / problem.capacity, share * (1 + ROUNDING)

    def sets(node: SpaceNode, offered: Sequence[int]) -> dict[int, _CostSet]:
        """For every number of streams that a parent offers, the undominated ways to build the subtree."""
        outgoing = sorted({option.streams_out for option in node.options})
        below = [sets(child, outgoing) for child in node.children]
        subtree = np.sum([least[one.name] for one in node.walk()], axis=0)
        room = np.floor(problem.capacity * allowed) - (total - subtree)
        joined = {
            out: _joined([found[out] for found in below], _Limits(room, each, allowed - price))
            for out, price in zip(outgoing, around[node.name].below, strict=True)
        }
        return {
            streams: _extended(
                node, options[node.name], streams, joined, _Limits(room, each, allowed - price)
            )
            for streams, price in zip(offered, around[node.name].offered, strict=True)
        }

    return sets(problem.root, [1])[1]


_EMPTY = _CostSet(np.empty((0, 4), dtype=np.int64), [])


def _joined(sets: Sequence[_CostSet], limits: _Limits) -> _CostSet:
    """Sums of one vector from every set."""
    result = _CostSet(np.zeros((1, 4), dtype=np.int64), [()])
    for other in sets:
        sums = (result.costs[:, None, :] + other.costs[None, :, :]).reshape(-1, 4)
        kept = _kept(sums, limits)
        width = len(other.paths)
        result = _CostSet(
            sums[kept], [(*result.paths[int(i) // width], other.paths[int(i) % width]) for i in kept]
        )
    return result


def _extended(
    node: SpaceNode,
    options: Sequence[tuple[Option, Costs]],
    streams: int,
    below: dict[int, _CostSet],
    limits: _Limits,
) -> _CostSet:
    """Every option of a node before every way to build what follows it."""
    candidates: dict[int, list[tuple[Option, Costs]]] = {}
    for option, cost in options:
        added = cost + costs_of(node.converter(streams, option.streams_in))
        candidates.setdefault(option.streams_out, []).append((option, added))
    costs: list[Costs] = []
    origins: list[tuple[Option, tuple[Any, ...]]] = []
    for out, choices in candidates.items():
        rows = np.array([cost for _, cost in choices])
        for index in _kept(rows, limits):
            costs.append(rows[index] + below[out].costs)
            origins.extend((choices[index][0], path) for path in below[out].paths)
    if not costs:
        return _EMPTY
    stacked = np.concatenate(costs)
    kept = _kept(stacked, limits)
    return _CostSet(stacked[kept], [(node.name, *origins[int(i)]) for i in kept])


def _kept(costs: Costs, limits: _Limits) -> NDArray[np.intp]:
    """Indices of the vectors within the limits that no other vector undercuts or equals."""
    within = (costs <= limits.room).all(axis=1) & (costs @ limits.prices <= limits.price)
    remaining = np.flatnonzero(within)
    # In ascending order of the sum, nothing behind a vector can beat it.
    remaining = remaining[np.argsort(costs[remaining].sum(axis=1), kind="stable")]
    kept = []
    while len(remaining):
        first, rest = remaining[0], remaining[1:]
        kept.append(first)
        remaining = rest[(costs[rest] < costs[first]).any(axis=1)]
    return np.array(kept, dtype=np.intp)


def _design(cost: Costs, path: tuple[Any, ...]) -> DesignPoint:
    chosen: dict[str, Option] = {}

    def collect(entry: tuple[Any, ...]) -> None:
        name, option, children = entry
        chosen[name] = option
        for child in children:
            collect(child)

    collect(path)
    return DesignPoint(max(option.period for option in chosen.values()), Resources(*map(int, cost)), chosen)
