"""The best combination of thresholds, one for each early exit.

A sample leaves at candidate m of an exit iff m is at least some number of the sample's own, since looser
thresholds let more leave. So with the thresholds of all other exits held, one cumulative sum gives, for
every candidate of an exit, how many leave there and how many labels are right in all. Such a *sweep* of the
last early exit is made for every combination of candidates of the exits before it: with one or two early
exits no combination there is can be better. Where there are too many combinations for that, evenly spread
ones are tried, and the best of them is mended by sweeps of one exit after another until none finds a better
one.
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

Rank = tuple[float, float, int]
"""Right labels short of the required ones, then the cost, then wrong labels: the smaller the better."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ThresholdSearch:
    """Samples and candidates, as the search knows them.

    Attributes:
        first: Per early exit, the first candidate that lets each sample leave, int64 [N]; as many as there
            are candidates where none does. Candidates are counted from strict to loose.
        eligible: Per early exit, which candidates may be chosen, bool [candidates]; one at least.
        right: Per exit, whether it labels each sample right, int64 [exits, N] of 0 and 1.
        costs: Cost of a sample that leaves at each exit; increasing.
        required: Least number of samples that the exits together must label right.
    """

    first: Sequence[Counts]
    eligible: Sequence[NDArray[np.bool_]]
    right: Counts
    costs: Sequence[float]
    required: float

    def best(self) -> Choice:
        """Find the cheapest combination with enough right labels; among equally cheap ones, the most right.

        Where no combination has enough, it is the cheapest of those with the most.
        """
        if not self.first:
            return ()
        return self._mended(min(self._bests_of_last_sweeps())[1])

    def rank(self, choice: Choice) -> Rank:
        """Judge a choice."""
        leaves = self._leaves(choice)
        right = int(self.right[leaves, np.arange(len(leaves))].sum())
        return self._rank(np.bincount(leaves, minlength=len(self.costs)), right)

    def _rank(self, left: Counts, right: int) -> Rank:
        cost = sum(int(count) * of_exit for count, of_exit in zip(left, self.costs, strict=True))
        return max(0.0, self.required - right), cost, int(left.sum()) - right

    def _leaves(self, choice: Choice) -> Counts:
        """The exit that each sample leaves at."""
        takes = [first <= index for first, index in zip(self.first, choice, strict=True)]
        takes.append(np.ones(self.right.shape[1], dtype=bool))
        leaves: Counts = np.array(takes).argmax(axis=0)
        return leaves

    def _bests_of_last_sweeps(self) -> Iterator[tuple[Rank, Choice]]:
        """The best of each sweep of the last early exit, for combinations of the exits before it."""
        last = len(self.first) - 1
        if last == 0:
            index = self._sweep(0, (0,)).best(self.eligible[0], self.required)
            yield self.rank((index,)), (index,)
            return
        count = int(SWEEPS ** (1 / last))
        tried = [_spread(np.flatnonzero(eligible), count) for eligible in self.eligible[:last]]
        for earliest in product(*tried[:-1]):
            yield from self._bests_of_walk(earliest, tried[-1])

    def _bests_of_walk(self, earliest: Choice, tried: list[int]) -> Iterator[tuple[Rank, Choice]]:
        """The same while the exit before the last early one opens, one candidate after another.

        From one sweep to the next, only the samples that now leave before it are taken out of its sums.
        """
        before, last = len(self.first) - 2, len(self.first) - 1
        shut = self._leaves((*earliest, -1, -1))
        reaching = np.flatnonzero(shut > before)
        order = reaching[np.argsort(self.first[before][reaching], kind="stable")]
        stops = np.searchsorted(self.first[before][order], tried, side="right")
        candidates = len(self.eligible[last])
        at, gain = self.first[last], self.right[last] - self.right[-1]
        opened = np.bincount(at[reaching], minlength=candidates + 1)
        gained = np.bincount(at[reaching], gain[reaching], candidates + 1).astype(int)
        left = np.bincount(shut, minlength=len(self.costs))
        right = int(self.right[shut, np.arange(len(shut))].sum())
        for index, start, stop in zip(tried, [0, *stops], stops, strict=False):
            leaving = order[start:stop]
            np.subtract.at(opened, at[leaving], 1)
            np.subtract.at(gained, at[leaving], gain[leaving])
            left[before] += len(leaving)
            left[-1] -= len(leaving)
            right += int((self.right[before] - self.right[-1])[leaving].sum())
            sweep = _Sweep(np.cumsum(opened)[:candidates], right + np.cumsum(gained)[:candidates])
            best = sweep.best(self.eligible[last], self.required)
            now = left.copy()
            now[last] += sweep.left[best]
            now[-1] -= sweep.left[best]
            yield self._rank(now, int(sweep.right[best])), (*earliest, index, best)

    def _mended(self, choice: Choice) -> Choice:
        """Move one threshold after another to where it is best, until none moves."""
        moved = True
        while moved:
            moved = False
            for exit_, eligible in enumerate(self.eligible):
                index = self._sweep(exit_, choice).best(eligible, self.required)
                other = (*choice[:exit_], index, *choice[exit_ + 1 :])
                if self.rank(other) < self.rank(choice):
                    choice, moved = other, True
        return choice

    def _sweep(self, exit_: int, choice: Choice) -> "_Sweep":
        """All candidates of one exit where the others are as chosen."""
        candidates = len(self.eligible[exit_])
        # Where each sample leaves with this exit shut.
        shut = self._leaves((*choice[:exit_], -1, *choice[exit_ + 1 :]))
        right = self.right[shut, np.arange(len(shut))]
        reaching = shut > exit_
        at, gain = self.first[exit_][reaching], (self.right[exit_] - right)[reaching]
        return _Sweep(
            left=np.cumsum(np.bincount(at, minlength=candidates + 1))[:candidates],
            right=right.sum() + np.cumsum(np.bincount(at, gain, candidates + 1).astype(int))[:candidates],
        )


@dataclass(frozen=True, eq=False)
class _Sweep:
    """For every candidate of an exit, how many leave there, and how many labels are right in all."""

    left: Counts
    right: Counts

    def best(self, eligible: NDArray[np.bool_], required: float) -> int:
        """The loosest, hence cheapest, candidate with enough right labels, or with the most where none has.

        Of those that let the same samples leave it is the strictest.
        """
        enough = min(required, self.right[eligible].max())
        allowed = np.flatnonzero(eligible & (self.right >= enough))
        return int(allowed[np.searchsorted(self.left[allowed], self.left[allowed[-1]])])


def _spread(indices: Counts, count: int) -> list[int]:
    """At most ``count`` of the indices, evenly spread, with the first and the last."""
    places = np.unique(np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(int))
    return [int(index) for index in indices[places]]
