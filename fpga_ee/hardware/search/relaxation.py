"""Bounds for the design-space search, from an easier problem: a price for every resource.

With a price for every resource, one pass over the nodes finds the cheapest design, because prices add up. It
bounds the least largest share from both sides. No design's largest share is below the price of the cheapest
design, because the largest share is at least any weighted mean of the shares. And the cheapest design is
a design. Each step raises the prices of the resources that it uses most, and brings the bounds within about a
percent. Source: Lagrangian relaxation; M. L. Fisher, "The Lagrangian Relaxation Method for Solving Integer
Programming Problems", Management Science 27(1), 1981.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Indices = NDArray[np.intp]

STEPS = 20
"""Most changes of the prices; the bounds of most designs meet long before."""

CLOSE = 1e-3
"""Relative distance of the bounds that is not worth another step."""

FREE = 1e-6
"""Least price of a resource, so that a resource that is not short can become short."""


@dataclass(frozen=True)
class RelaxedNode:
    """A node of the design space with all its children, as arrays.

    Attributes:
        name: The node's name.
        periods: float64 [options], cycles per sample.
        shares: float64 [options, resources], the shares of the capacity that each option uses.
        entering: intp [options], the index of each option's input width.
        leaving: intp [options], the index of each option's output width.
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
        """Go through this node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Bounds:
    """Bounds of the least largest share that a design can have.

    Attributes:
        least: No design has a smaller one; infinite where there is no design.
        found: One design has this one; infinite where there is no design.
        prices: float64 [resources], of sum 1, that give ``least``.
    """

    least: float
    found: float
    prices: Values


@dataclass(frozen=True)
class Surroundings:
    """Least prices of everything around a node.

    Attributes:
        offered: float64 [offered widths], of all nodes but this one and those below it.
        below: float64 [output widths], of all nodes but those below this one.
    """

    offered: Values
    below: Values


def even_prices(root: RelaxedNode) -> Values:
    """Give every resource the same price."""
    resources = root.shares.shape[1]
    return np.full(resources, 1 / resources)


def bounds(root: RelaxedNode, period: float, prices: Values) -> Bounds:
    """Bound the least largest share of the designs of at most a period.

    Args:
        root: All designs.
        period: Cycles per sample allowed.
        prices: Prices to begin with; the prices of a similar period save steps.
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
    """Compute the least price of everything around each node, by the node's name.

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
    """Find the least price of a node and all below it, and the shares of that design.

    Returns:
        float64 [offered widths] and float64 [offered widths, resources].
    """
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
