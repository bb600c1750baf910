"""The best combination of thresholds, one for each early exit.

A sample leaves at candidate m of an exit iff m is at least some number of the sample's own, since looser
thresholds let more leave. So with the thresholds of all other exits held, one cumulative sum gives, for
every candidate of an exit, how many labels are right and what all samples cost. Such a *sweep* of the last
early exit is made for every combination of candidates of the exits before it: with one or two early exits
no combination there is can be better. Where there are too many combinations for that, evenly spread ones
are tried, and the best of them is mended by sweeps of one exit after another until none finds a better one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

SWEEPS = 20_000
"""Combinations of thresholds of the exits before the last early one that are tried at most."""

Choice = tuple[int, ...]
"""The index of a candidate for every early exit."""


@dataclass(frozen=True, eq=False)
class ThresholdSearch:
    """What the search knows of samples and candidates.

    Attributes:
        first: Per early exit, the first candidate that lets each sample leave, int64 [N]; as many as there
            are candidates where none does. Candidates are counted from strict to loose.
        eligible: Per early exit, which candidates may be chosen, bool [candidates]; one at least.
        right: Per exit, whether it labels each sample right, bool [exits, N].
        costs: Cost of a sample that leaves at each exit; increasing.
    """

    first: Sequence[NDArray[np.int64]]
    eligible: Sequence[NDArray[np.bool_]]
    right: NDArray[np.bool_]
    costs: Sequence[float]

    def best(self, required: float) -> Choice:
        """Find the cheapest combination with so many right labels; among equally cheap ones, the most right.

        Where no combination gets so many right, it is the cheapest of those with the most.

        Args:
            required: Least number of samples that the exits together must label right.
        """
        if not self.first:
            return ()
        found = self._cheapest(required)
        if found is None:
            found = self._cheapest(self._most_right())
        if found is None:
            raise RuntimeError("no candidate is eligible")
        return self._mended(found[1], required)

    def _cheapest(self, required: float) -> tuple[tuple[float, float], Choice] | None:
        """The best of all sweeps of the last early exit, with its cost and number of wrong labels."""
        last = len(self.first) - 1
        found = (self._best_of_sweep(last, (*earlier, 0), required) for earlier in self._earlier())
        return min((each for each in found if each is not None), default=None)

    def _most_right(self) -> float:
        last = len(self.first) - 1
        sweeps = (self._sweep(last, (*earlier, 0))[0] for earlier in self._earlier())
        return max(float(right[self.eligible[last]].max()) for right in sweeps)

    def _earlier(self) -> Iterator[Choice]:
        """Combinations of candidates of all early exits but the last."""
        exits = self.eligible[:-1]
        count = int(SWEEPS ** (1 / max(1, len(exits))))
        return product(*(_spread(np.flatnonzero(eligible), count) for eligible in exits))

    def _mended(self, choice: Choice, required: float) -> Choice:
        """Move one threshold after another to where it is best, until none moves."""
        moved = True
        while moved:
            moved = False
            for exit_ in range(len(self.first)):
                best = self._best_of_sweep(exit_, choice, required)
                now = self._judged(choice)
                if best is not None and best[0] < now:
                    choice, moved = best[1], True
        return choice

    def _judged(self, choice: Choice) -> tuple[float, float]:
        right, cost = self._sweep(0, choice)
        return float(cost[choice[0]]), -float(right[choice[0]])

    def _best_of_sweep(
        self, exit_: int, choice: Choice, required: float
    ) -> tuple[tuple[float, float], Choice] | None:
        """The best candidate of one exit where the others are as chosen."""
        right, cost = self._sweep(exit_, choice)
        allowed = np.flatnonzero(self.eligible[exit_] & (right >= required))
        if not len(allowed):
            return None
        # Looser is never dearer; of those that let the same samples leave, the strictest.
        least = cost[allowed[-1]]
        index = int(allowed[np.argmax(cost[allowed] == least)])
        return (float(least), -float(right[index])), (*choice[:exit_], index, *choice[exit_ + 1 :])

    def _sweep(self, exit_: int, choice: Choice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Right labels and total cost for every candidate of one exit, both float64 [candidates]."""
        takes = np.array([first <= index for first, index in zip(self.first, choice, strict=True)])
        takes[exit_] = False
        # Where each sample leaves with this exit shut; the last exit takes whatever reaches it.
        otherwise = np.vstack([takes, np.ones_like(takes[:1])]).argmax(axis=0)
        reaches = otherwise > exit_
        costs = np.asarray(self.costs, dtype=np.float64)
        right_otherwise = self.right[otherwise, np.arange(len(otherwise))]
        at = self.first[exit_][reaches]
        candidates = len(self.eligible[exit_])

        def totals(here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
            gained = np.bincount(at, weights=(here - there)[reaches], minlength=candidates + 1)
            return np.asarray(there.sum() + np.cumsum(gained)[:candidates])

        return (
            totals(self.right[exit_].astype(float), right_otherwise.astype(float)),
            totals(np.full(len(otherwise), costs[exit_]), costs[otherwise]),
        )


def _spread(indices: NDArray[np.int64], count: int) -> list[int]:
    """At most ``count`` of the indices, evenly spread, with the first and the last."""
    places = np.unique(np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(int))
    return [int(index) for index in indices[places]]
