"""Bounds for the design-space search, from a problem that is easy: a price for every resource.

With a price for every resource, the cheapest design follows in one pass over the nodes, since prices add up.
It bounds the least largest share from both sides. No design's largest share is below the cheapest design's
price, because a largest share is not below any weighted mean of the shares; and the cheapest design is itself
one. Steps towards what it uses most of bring the two within about a percent. Source: Lagrangian relaxation;
M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer Programming Problems", Management Science
27(1), 1981.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Indices = NDArray[np.intp]

STEPS = 20
"""Changes of the prices at most: the bounds of most designs meet long before."""

CLOSE = 1e-3
"""Distance of the bounds, as a part of them, that is not worth another step."""

FREE = 1e-6
"""Least price of a resource, so that one that is not short can become so."""


@dataclass(frozen=True)
class RelaxedNode:
    """A node of the design space, with all its children, in numbers.

    Attributes:
        name: The node's name.
        periods: float64 [options], cycles per sample.
        shares: float64 [options, resources], the shares of the capacity that each option uses.
        entering: intp [options], the index of the input width that each option has.
        leaving: intp [options], the index of the output width that each option has.
        converters: float64 [offered widths, taken widths, resources].
        children: The nodes that its output feeds; they are offered all of its output widths.
    """

    name: str
    periods: Values
    shares: Values
    entering: Indices
    leaving: Indices
    converters: Values
    children: tuple["RelaxedNode", ...]

    @property
    def widths(self) -> int:
        """The number of its output widths."""
        return int(self.leaving.max()) + 1

    def walk(self) -> Iterator["RelaxedNode"]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Bounds:
    """Bounds of the least largest share that a design can have.

    Attributes:
        least: No design has less; infinite where there is no design.
        found: One design has so much; infinite where there is no design.
        prices: float64 [resources], of sum 1, that give ``least``.
    """

    least: float
    found: float
    prices: Values


@dataclass(frozen=True)
class Surroundings:
    """Least prices of all that is around a node.

    Attributes:
        offered: float64 [offered widths], all but the node and what is below it.
        below: float64 [output widths], all but what is below the node.
    """

    offered: Values
    below: Values


def even_prices(root: RelaxedNode) -> Values:
    """The same price for every resource."""
    resources = root.shares.shape[1]
    return np.full(resources, 1 / resources)


def bounds(root: RelaxedNode, period: float, prices: Values) -> Bounds:
    """Bound the least largest share of the designs of at most a period.

    Args:
        root: All designs.
        period: Cycles per sample allowed.
        prices: Prices to begin with; those of a similar period save steps.
    """
    least, found, best = 0.0, np.inf, prices
    for step in range(1, STEPS + 1):
        values, used = _cheapest(root, period, prices)
        if not np.isfinite(values[0]):
            return Bounds(np.inf, np.inf, prices)
        if values[0] > least:
            least, best = float(values[0]), prices
        found = min(found, float(used[0].max()))
        if found <= least * (1 + CLOSE):
            break
        raised = prices * np.exp(2 / step**0.6 * (used[0] / used[0].max() - 1))
        prices = np.maximum(raised / raised.sum(), FREE)
        prices /= prices.sum()
    return Bounds(least, found, best)


def surroundings(root: RelaxedNode, period: float, prices: Values) -> dict[str, Surroundings]:
    """For every node, the least price of what is around it, by the node's name.

    Args:
        root: All designs.
        period: Cycles per sample allowed.
        prices: float64 [resources].
    """
    least = {node.name: _cheapest(node, period, prices)[0] for node in root.walk()}
    found: dict[str, Surroundings] = {}

    def visit(node: RelaxedNode, offered: Values) -> None:
        joined = (offered[:, None] + node.converters @ prices).min(axis=0)
        priced = np.where(node.periods <= period, node.shares @ prices + joined[node.entering], np.inf)
        below = np.full(node.widths, np.inf)
        np.minimum.at(below, node.leaving, priced)
        found[node.name] = Surroundings(offered, below)
        for child in node.children:
            visit(child, below + sum(least[other.name] for other in node.children if other is not child))

    visit(root, np.zeros(1))
    return found


def _cheapest(node: RelaxedNode, period: float, prices: Values) -> tuple[Values, Values]:
    """Least price of a node and all below it for every width it is offered, and the shares it is made of."""
    value, used = np.zeros(node.widths), np.zeros((node.widths, len(prices)))
    for child in node.children:
        of_child, used_by_child = _cheapest(child, period, prices)
        value, used = value + of_child, used + used_by_child
    priced = np.where(node.periods <= period, node.shares @ prices + value[node.leaving], np.inf)
    totals = priced + (node.converters @ prices)[:, node.entering]
    best = totals.argmin(axis=1)
    rows = np.arange(len(totals))
    joined = node.converters[rows, node.entering[best]]
    return totals[rows, best], node.shares[best] + used[node.leaving[best]] + joined
