"""Bounds for the design-space search, from a problem that is easy: a price for every resource.

With a price for every resource, the cheapest design follows in one pass over the blocks, since prices add up.
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
class Part:
    """A block of the design space in numbers.

    Attributes:
        name: The block's name.
        periods: float64 [options], cycles per sample.
        shares: float64 [options, resources], what each option uses of what there is.
        entering: intp [options], which converters each option needs.
        leaving: intp [options], which of the block's output widths each option has.
        converters: float64 [offered widths, taken widths, resources].
        children: What its output feeds; they are offered all of its output widths.
    """

    name: str
    periods: Values
    shares: Values
    entering: Indices
    leaving: Indices
    converters: Values
    children: tuple["Part", ...]

    @property
    def widths(self) -> int:
        """How many output widths it has."""
        return int(self.leaving.max()) + 1

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Bounds:
    """What is known of the least largest share that a design can have.

    Attributes:
        least: None has less; infinite where there is no design.
        found: One has so much; infinite where there is no design.
        prices: float64 [resources], of sum 1, that give ``least``.
    """

    least: float
    found: float
    prices: Values


@dataclass(frozen=True)
class Surroundings:
    """Least prices of what is around a block.

    Attributes:
        offered: float64 [offered widths], all but the block and what is below it.
        below: float64 [output widths], all but what is below the block.
    """

    offered: Values
    below: Values


def even_prices(root: Part) -> Values:
    """The same price for every resource."""
    resources = root.shares.shape[1]
    return np.full(resources, 1 / resources)


def bounds(root: Part, period: float, prices: Values) -> Bounds:
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


def surroundings(root: Part, period: float, prices: Values) -> dict[str, Surroundings]:
    """For every block, the least price of what is around it, by the block's name.

    Args:
        root: All designs.
        period: Cycles per sample allowed.
        prices: float64 [resources].
    """
    least = {part.name: _cheapest(part, period, prices)[0] for part in root.walk()}
    found: dict[str, Surroundings] = {}

    def visit(part: Part, offered: Values) -> None:
        joined = (offered[:, None] + part.converters @ prices).min(axis=0)
        priced = np.where(part.periods <= period, part.shares @ prices + joined[part.entering], np.inf)
        below = np.full(part.widths, np.inf)
        np.minimum.at(below, part.leaving, priced)
        found[part.name] = Surroundings(offered, below)
        for child in part.children:
            visit(child, below + sum(least[other.name] for other in part.children if other is not child))

    visit(root, np.zeros(1))
    return found


def _cheapest(part: Part, period: float, prices: Values) -> tuple[Values, Values]:
    """Least price of a block and all below it for every width it is offered, and the shares it is made of."""
    value, used = np.zeros(part.widths), np.zeros((part.widths, len(prices)))
    for child in part.children:
        of_child, used_by_child = _cheapest(child, period, prices)
        value, used = value + of_child, used + used_by_child
    priced = np.where(part.periods <= period, part.shares @ prices + value[part.leaving], np.inf)
    totals = priced + (part.converters @ prices)[:, part.entering]
    best = totals.argmin(axis=1)
    rows = np.arange(len(totals))
    joined = part.converters[rows, part.entering[best]]
    return totals[rows, best], part.shares[best] + used[part.leaving[best]] + joined
