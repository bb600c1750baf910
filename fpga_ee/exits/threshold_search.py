"""The best combination of thresholds, one for each early exit.

A sample leaves at candidate m of an exit iff m is at least a number of the sample's own, because looser
thresholds let more samples leave. So with the thresholds of all other exits fixed, one cumulative sum gives,
for every candidate of an exit, the samples that leave there and the right labels in all. Such a *sweep* of
the last early exit is made for every combination of candidates of the exits before it. With one or two early
exits, no combination can be better. Where there are too many combinations, evenly spread ones are tried.
Sweeps of one exit after another then improve the best of them until none finds a better one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

SWEEPS = 20_000
"""Most combinations of thresholds that are tried, of the exits before the last early one."""

Choice = tuple[int, ...]
"""The index of a candidate for every early exit."""

Rank = tuple[float, float, int]
"""Missing right labels, then the cost, then the wrong labels; a smaller rank is better."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ThresholdSearch:
    """Samples and candidates, as arrays.

    Attributes:
        first: For each early exit, the first candidate that lets each sample leave, int64 [N]; the number of
            candidates where none does. Candidates are counted from strict to loose.
        eligible: For each early exit, the candidates that may be chosen, bool [candidates]; at least one is
            True.
        right: For each exit, the samples that it labels right, int64 [exits, N] of 0 and 1.
        costs: Cost of a sample that leaves at each exit; increasing.
        required: Least number of samples that the exits together must label right.
    """

    first: Sequence[Counts]
    eligible: Sequence[NDArray[np.bool_]]
    right: Counts
    costs: Sequence[float]
    required: float

    def best(self) -> Choice:
        """Find the cheapest combination with enough right labels; of equally cheap ones, that with the most.

        If no combination has enough right labels, it is the cheapest of those with the most.
        """
        if not self.first:
            return ()
        return self._mended(min(self._bests_of_last_sweeps())[1])

    def rank(self, choice: Choice) -> Rank:
        """Compute the rank of a choice."""
        leaves = self._leaves(choice)
        right = int(self.right[leaves, np.arange(len(leaves))].sum())
        return self._rank(np.bincount(leaves, minlength=len(self.costs)), right)

    def _rank(self, left: Counts, right: int) -> Rank:
        cost = sum(int(count) * of_exit for count, of_exit in zip(left, self.costs, strict=True))
        return max(0.0, self.required - right), cost, int(left.sum()) - right

    def _leaves(self, choice: Choice) -> Counts:
        """Find the exit where each sample leaves."""
        takes = [first <= index for first, index in zip(self.first, choice, strict=True)]
        takes.append(np.ones(self.right.shape[1], dtype=bool))
        leaves: Counts = np.array(takes).argmax(axis=0)
        return leaves

    def _bests_of_last_sweeps(self) -> Iterator[tuple[Rank, Choice]]:
        """Find the best of each sweep of the last early exit, for combinations of the exits before it."""
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
        """Find the best sweeps while the exit before the last early one opens, candidate by candidate.

        From one sweep to the next, only the samples that now leave before it are removed from its sums.
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
        """Move one threshold after another to its best place, until none moves."""
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
        """Count all candidates of one exit, with the others as chosen."""
        candidates = len(self.eligible[exit_])
        # The exits where samples leave while this exit is shut.
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
    """For every candidate of an exit: the samples that leave there, and the right labels in all."""

    left: Counts
    right: Counts

    def best(self, eligible: NDArray[np.bool_], required: float) -> int:
        """Find the loosest, hence cheapest, candidate with enough right labels, or with the most of any.

        Of candidates that let the same samples leave, it is the strictest.
        """
        enough = min(required, self.right[eligible].max())
        allowed = np.flatnonzero(eligible & (self.right >= enough))
        return int(allowed[np.searchsorted(self.left[allowed], self.left[allowed[-1]])])


def _spread(indices: Counts, count: int) -> list[int]:
    """Choose at most ``count`` of the indices, evenly spread, with the first and the last."""
    places = np.unique(np.linspace(0, len(indices) - 1, min(count, len(indices))).round().astype(int))
    return [int(index) for index in indices[places]]
