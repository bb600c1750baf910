"""Exact search of a design space, as a model of integers that CP-SAT solves.

A design chooses one option for every node, so one boolean of each node's options is true. On every edge, the
streams that one neighbour gives and those that the other takes choose a converter. The converters are a flow
of booleans from the first to the second. Resources add up, and are limited. The *period*, the cycles per
sample that a design sustains, is the largest of its nodes' periods.

CP-SAT is the solver of OR-Tools. It is exact in integers, and proves that nothing better exists. One worker
with a fixed seed gives the same answer on every machine.

Of equally good designs, the one with the fewest LUTs is taken; of these, the first in the order of the nodes
and of their options.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import astuple
from itertools import product
from math import floor

from ortools.sat.python import cp_model

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search.space_nodes import DesignPoint, Edge, Option, SpaceNode, SpaceNodes, design_point

PARTS = 10**8
"""Parts of a capacity in which shares are compared. No FPGA has as many of a resource."""

MOST_WORK = 600.0
"""Limit of one solution in CP-SAT's own time. It counts work, so that it ends alike on every machine."""

_MOST_WEIGHT = 1 << 45
"""Limit of the weights that options' positions are added with, so that sums keep in 64 bits."""

Sum = cp_model.LinearExpr


def cheapest(nodes: SpaceNodes, capacity: Resources, period: float, share: float = 1.0) -> DesignPoint | None:
    """Find the design of at most a period whose largest share of ``capacity`` is smallest.

    Args:
        nodes: The design space.
        capacity: The capacity of each resource, all positive.
        period: Cycles per sample allowed.
        share: Largest share of any resource allowed.

    Returns:
        The design, or None where none keeps within the period and the share.

    Raises:
        FpgaEeError: The search takes longer than its limit.
    """
    model = _within(nodes, period)
    if model is None:
        return None
    largest = model.share(capacity, share)
    if model.least(largest) is None:
        return None
    model.least(model.used[0])
    for positions in model.positions():
        model.least(positions)
    return design_point(nodes, model.design())


def fits(nodes: SpaceNodes, capacity: Resources, period: float) -> bool:
    """Tell whether a design of at most a period fits a capacity.

    Raises:
        FpgaEeError: The search takes longer than its limit.
    """
    model = _within(nodes, period)
    if model is None:
        return False
    model.share(capacity, 1.0)
    return model.least(0) is not None


def leanest(nodes: SpaceNodes, capacity: Resources, period: float) -> DesignPoint | None:
    """Find the design of at most a period within the capacity that has the fewest LUTs; None if none fits.

    Raises:
        FpgaEeError: The search takes longer than its limit.
    """
    model = _within(nodes, period)
    if model is None:
        return None
    model.share(capacity, 1.0)
    if model.least(model.used[0]) is None:
        return None
    for positions in model.positions():
        model.least(positions)
    return design_point(nodes, model.design())


def fastest(nodes: SpaceNodes, capacity: Resources) -> DesignPoint | None:
    """Find the design of the smallest period within the capacity, and the cheapest of these.

    None if none fits.

    Raises:
        FpgaEeError: The search takes longer than its limit.
    """
    periods = periods_of(nodes)
    model = _Model(nodes, _options(nodes, periods[-1]))
    model.share(capacity, 1.0)
    slowest = model.slowest(periods)
    found = model.least(slowest)
    return None if found is None else cheapest(nodes, capacity, periods[found])


def front(nodes: SpaceNodes, capacity: Resources, advance: Callable[[int], None]) -> Iterator[DesignPoint]:
    """Find the designs that no other beats in both period and largest share of the capacity, fastest first.

    The front has two figures, not period and four resources, because the largest share decides which board
    a design fits.

    Args:
        nodes: The design space.
        capacity: The capacity of each resource, all positive.
        advance: Called with 1 for each of ``periods_of(nodes)`` that is done.

    Raises:
        FpgaEeError: The search takes longer than its limit.
    """
    periods = periods_of(nodes)
    smallest = cheapest(nodes, capacity, periods[-1])
    if smallest is None:
        return
    end = _parts(smallest, capacity)
    best = PARTS + 1
    for period in periods:
        advance(1)
        model = _within(nodes, period)
        if model is None or best <= end:
            continue
        # A design for a smaller period serves a larger one too, so only cheaper ones are wanted.
        found = model.least(model.share(capacity, (best - 1) / PARTS))
        if found is not None:
            best = found
            yield design_point(nodes, model.design())


def periods_of(nodes: SpaceNodes) -> list[float]:
    """List all periods that a design may have, ascending."""
    return sorted({option.period for node in nodes for option in node.options})


def _parts(point: DesignPoint, capacity: Resources) -> int:
    """Largest share of a capacity in ``PARTS``, rounded up."""
    pairs = zip(astuple(point.resources), astuple(capacity), strict=True)
    return max(int(-(-used * PARTS // has)) for used, has in pairs)


def _options(nodes: SpaceNodes, period: float) -> dict[str, list[Option]]:
    return {node.name: [option for option in node.options if option.period <= period] for node in nodes}


def _within(nodes: SpaceNodes, period: float) -> "_Model | None":
    """Model the designs of at most a period; None where a node has no option that is fast enough."""
    options = _options(nodes, period)
    return _Model(nodes, options) if all(options.values()) else None


class _Model:
    """The designs of a space, and the design that was found last.

    Attributes:
        used: Use of every resource, in the order of ``Resources``.
    """

    def __init__(self, nodes: SpaceNodes, options: dict[str, list[Option]]) -> None:
        """Model all choices of an option for every node.

        Args:
            nodes: The design space.
            options: The options of every node that may be chosen, at least one each.
        """
        self._model = cp_model.CpModel()
        self._solver = cp_model.CpSolver()
        self._solver.parameters.num_workers = 1
        self._solver.parameters.random_seed = 0
        self._solver.parameters.max_deterministic_time = MOST_WORK
        self._options = options
        self._chosen = {
            name: [self._model.new_bool_var("") for _ in choices] for name, choices in options.items()
        }
        self._costs: list[tuple[Resources, cp_model.IntVar]] = []
        for node in nodes:
            self._model.add_exactly_one(self._chosen[node.name])
            for option, chosen in self._of(node.name):
                self._costs.append((option.resources, chosen))
            for edge in node.edges:
                self._join(edge, node)
        rows = [(astuple(cost), variable) for cost, variable in self._costs]
        self.used = [
            Sum.weighted_sum([variable for _, variable in rows], [cost[kind] for cost, _ in rows])
            for kind in range(len(rows[0][0]))
        ]

    def share(self, capacity: Resources, most: float) -> cp_model.IntVar:
        """Make the largest share of a capacity in ``PARTS``, rounded up, and limit it."""
        # Of resources, the products below must keep in 64 bits.
        totals = [sum(counts) for counts in zip(*(astuple(cost) for cost, _ in self._costs), strict=True)]
        if max(totals) * PARTS >= 1 << 62:
            raise FpgaEeError(
                f"layers that take up to {max(totals):,} of a resource are too large to be added up: take a "
                "smaller network or shallower buffers"
            )
        pairs = [*zip(self.used, totals, astuple(capacity), strict=True)]
        all_options = max(-(-total * PARTS // has) for _, total, has in pairs)
        largest = self._model.new_int_var(0, floor(min(all_options, most * PARTS)), "")
        for used, _, has in pairs:
            self._model.add(used * PARTS <= largest * has)
        return largest

    def slowest(self, periods: list[float]) -> cp_model.IntVar:
        """Make the position of the design's period among all periods."""
        slowest = self._model.new_int_var(0, len(periods) - 1, "")
        for name in self._options:
            ranks = [bisect_left(periods, option.period) for option, _ in self._of(name)]
            self._model.add(slowest >= Sum.weighted_sum(self._chosen[name], ranks))
        return slowest

    def positions(self) -> Iterator[cp_model.LinearExprT]:
        """Make numbers whose least, one after another, tell the first of several designs.

        Each number has the positions of some nodes' options as its digits, the first node's highest.
        """
        digits: list[str] = []
        weight = 1
        for name, options in self._options.items():
            if weight * len(options) > _MOST_WEIGHT:
                yield self._number(digits)
                digits, weight = [], 1
            digits.append(name)
            weight *= len(options)
        yield self._number(digits)

    def least(self, goal: cp_model.LinearExprT) -> int | None:
        """Find a design with the least of a goal, and allow no other from here on; None where there is none.

        Raises:
            FpgaEeError: The search takes longer than its limit.
        """
        self._model.minimize(goal)
        status = self._solver.solve(self._model)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.OPTIMAL:
            raise FpgaEeError(
                f"the search for a design ends at its limit of work: it has proven that nothing is below "
                f"{self._solver.best_objective_bound:g}, and found {self._solver.objective_value:g}"
            )
        found = int(self._solver.value(goal))
        self._model.add(goal == found)
        self._model.clear_hints()  # type: ignore[no-untyped-call]
        for variables in self._chosen.values():
            for variable in variables:
                self._model.add_hint(variable, self._solver.value(variable))
        return found

    def design(self) -> dict[str, Option]:
        """The design that was found last: the option of every node by name."""
        return {
            name: next(option for option, chosen in self._of(name) if self._solver.value(chosen))
            for name in self._options
        }

    def _of(self, name: str) -> Iterator[tuple[Option, cp_model.IntVar]]:
        return zip(self._options[name], self._chosen[name], strict=True)

    def _join(self, edge: Edge, reader: SpaceNode) -> None:
        """Choose what joins the streams of two neighbours."""
        given: dict[Option, list[cp_model.IntVar]] = {}
        taken: dict[Option, list[cp_model.IntVar]] = {}
        # Options of as many streams and copies are joined alike, so the first stands for all of them.
        gives, takes = dict[tuple[int, int], Option](), dict[tuple[int, int], Option]()
        for option, chosen in self._of(edge.source):
            given.setdefault(gives.setdefault((option.streams_out, option.copies), option), []).append(chosen)
        for option, chosen in self._of(reader.name):
            taken.setdefault(takes.setdefault((option.streams_in, option.copies), option), []).append(chosen)
        sent: dict[Option, list[cp_model.IntVar]] = {option: [] for option in given}
        received: dict[Option, list[cp_model.IntVar]] = {option: [] for option in taken}
        for one, other in product(given, taken):
            cost = edge.between(one, other)
            if cost is not None:
                flow = self._model.new_bool_var("")
                self._costs.append((cost, flow))
                sent[one].append(flow)
                received[other].append(flow)
        for choices, flows in (
            *((given[option], sent[option]) for option in given),
            *((taken[option], received[option]) for option in taken),
        ):
            self._model.add(sum(flows) == sum(choices))

    def _number(self, digits: list[str]) -> cp_model.LinearExprT:
        variables: list[cp_model.IntVar] = []
        weights: list[int] = []
        weight = 1
        for name in reversed(digits):
            chosen = self._chosen[name]
            variables += chosen
            weights += [weight * position for position in range(len(chosen))]
            weight *= len(chosen)
        return Sum.weighted_sum(variables, weights)
