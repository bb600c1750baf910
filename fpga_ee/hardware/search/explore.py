"""Exact design-space search over a tree of layers and units.

A design chooses one option (a folding) for every node. Its *period*, the cycles per sample it sustains, is
the largest of its nodes' periods. Its resources add up, width converters between neighbours included. So,
with the period bounded, the cheapest designs follow from the leaves to the root. For every number of streams
that a parent may offer, they are the set of resource vectors that no other beats. Nothing is sampled or
annealed.

Three rules keep these sets small, and all are exact:

1. A vector is dropped when another one undercuts or equals it in every resource, because all additions to
   the one are possible for the other.
2. A vector is dropped when it exceeds the allowed share of a resource even with the cheapest option for every
   node outside its subtree.
3. With a price for every resource (``relaxation.py``), a vector is dropped when it and its cheapest
   surroundings cost more than the allowed share of everything. The allowed share is that of a design that
   the prices found. It is hardly ever a percent above the least, so few vectors are left.
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
"""Relative rounding error that sums of shares may have."""


@dataclass(frozen=True)
class _Problem:
    """A design space, the capacity of each resource, and both as arrays for the relaxation."""

    root: SpaceNode
    capacity: Costs
    easy: RelaxedNode


@dataclass(frozen=True)
class _Limits:
    """Upper limits of a subtree's vectors: of each resource, and of the price of all resources."""

    room: NDArray[Any]
    prices: Values
    price: float


@dataclass(frozen=True)
class _CostSet:
    """Resource vectors that no other beats, and the choices that lead to each.

    A choice is an option and one entry for each child.
    """

    costs: Costs
    paths: list[tuple[Any, ...]]


def cheapest(root: SpaceNode, capacity: Resources, period: float, share: float = 1.0) -> DesignPoint | None:
    """Find the design of at most a period whose largest share of ``capacity`` is smallest.

    Of designs that are equal in this, it is the one with the smallest sum of shares.

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
    """Find the design of the smallest period within the capacity, and the cheapest of these.

    The result is None if no design fits.
    """
    problem = _problem(root, capacity)

    def fits(period: float) -> bool:
        known = bounds(problem.easy, period, even_prices(problem.easy))
        # Within rounding of a share of one, only exact integers can tell.
        if known.found <= 1 - ROUNDING or known.least > 1 + ROUNDING:
            return known.found < 1
        return bool(len(_undominated(problem, period, known.prices, 1.0).costs))

    # Every design of a smaller period also has a larger one. So feasibility is monotonic: bisect.
    index = bisect_left(root.periods, True, key=fits)
    return cheapest(root, capacity, root.periods[index]) if index < len(root.periods) else None


def front(root: SpaceNode, capacity: Resources) -> list[DesignPoint]:
    """Find the Pareto front of period against largest share of the capacity, fastest design first.

    The front has two figures, not period and four resources, because the largest share decides which board
    a design fits. Every design is cheaper than all faster ones, and faster than all cheaper ones.
    """
    designs: list[DesignPoint] = []
    share = 1.0
    problem = _problem(root, capacity)
    prices = even_prices(problem.easy)
    for period in root.periods:
        # The prices of one period are a good start for the next.
        known = bounds(problem.easy, period, prices)
        prices = known.prices
        # A design for a smaller period also serves a larger one, so its share bounds the next one from above.
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
    """Describe the design space by arrays, as shares of a capacity.

    All resources of the capacity are positive.
    """
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
        """Find the undominated ways to build the subtree, for each number of streams that a parent offers."""
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
    """Add up one vector from every set, in all combinations."""
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
    """Combine every option of a node with every way to build its subtrees."""
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
    """Find the vectors within the limits that no other vector undercuts or equals. Give their indices."""
    within = (costs <= limits.room).all(axis=1) & (costs @ limits.prices <= limits.price)
    remaining = np.flatnonzero(within)
    # In ascending order of the sum, no later vector can beat an earlier one.
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
