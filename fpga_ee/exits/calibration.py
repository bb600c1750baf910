"""Choosing the thresholds of all exits from a validation split.

The samples, sorted by what an exit measures, have as many thresholds that differ as there are gaps between
them. Those are the candidates of an exit (with several early exits, evenly spread ones of them). A sample
leaves at candidate m iff m is at least some number b, since looser thresholds let more leave. So all
combinations of candidates of all exits are judged at once: the samples are counted in a histogram over
(b_0, b_1, ...), and sums along its axes give, for every combination, how many leave at which exit and
how many of them are labelled right. The best combination is found, not searched for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.exits.decision import can_be_told
from fpga_ee.exits.outcome import Outcome, outcome
from fpga_ee.exits.rules import ExitRule, measure, readable_threshold

COMBINATIONS = 4_000_000
"""Combinations that are judged at most; with one early exit that is every threshold there is."""

SWEEP_POINTS = 200
"""Points of a sweep that are kept for table and picture, beside the chosen one."""


@dataclass(frozen=True)
class SweepPoint:
    """One threshold at one exit, with the other early exits shut.

    Attributes:
        threshold: The threshold.
        exit_rate: Share of the samples that left.
        accuracy_left: Accuracy of those, at this exit; None where nobody left.
        accuracy_stayed: Accuracy of the others, at the last exit; None where everybody left.
        accuracy: Of both together.
    """

    threshold: float
    exit_rate: float
    accuracy_left: float | None
    accuracy_stayed: float | None
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """The chosen rules and what led to them.

    Attributes:
        rules: One for every exit but the last.
        outcome: What they do on the validation split.
        sweeps: For every exit but the last, candidates from strict to loose, the chosen one among them.
    """

    rules: tuple[ExitRule, ...]
    outcome: Outcome
    sweeps: tuple[tuple[SweepPoint, ...], ...]


def calibrate(
    logits: Sequence[Tensor],
    labels: Tensor,
    criterion: Criterion,
    *,
    costs: Sequence[float],
    max_drop: float,
) -> Calibration:
    """Choose the thresholds that cost least and lose little accuracy.

    Least cost means the highest exit rate where there are two exits.

    Args:
        logits: Float logits [N, classes] of every exit, on the validation split.
        labels: int64 [N].
        criterion: What the exits measure.
        costs: Cost of a sample that leaves at each exit, in any unit; increasing.
        max_drop: How far the combined accuracy may lie below that of the last exit alone, as a share
            (0.001 is 0.1 percentage points). Where no candidates lose so little, the most accurate
            combination is chosen. Only thresholds that the integer decision can tell are chosen.
    """
    exact = [exit_logits.double() for exit_logits in logits]
    early = len(logits) - 1
    count = int(COMBINATIONS ** (1 / max(early, 1)))
    right = torch.stack([exit_logits.argmax(dim=1) == labels for exit_logits in exact]).numpy()
    candidates = [_candidates(measure(criterion, each), criterion, count) for each in exact[:-1]]
    accuracy, cost = _judge_combinations(candidates, right, costs)
    eligible = np.ones(accuracy.shape, dtype=bool)
    for axis, of_exit in enumerate(candidates):
        told = np.array([can_be_told(rule) for rule in of_exit.rules])
        eligible &= told.reshape([-1 if each == axis else 1 for each in range(early)])
    allowed = eligible & (accuracy >= right[-1].mean() - max_drop - 1e-12)
    if not allowed.any():
        allowed = eligible & (accuracy == accuracy[eligible].max())
    least = np.where(allowed, cost, np.inf)
    # Among equally cheap combinations, the most accurate.
    best = np.unravel_index(np.argmax(np.where(least == least.min(), accuracy, -1.0)), accuracy.shape)
    chosen = [of_exit.rules[index] for of_exit, index in zip(candidates, best, strict=True)]
    return Calibration(
        rules=tuple(chosen),
        outcome=outcome(exact, chosen, labels),
        sweeps=tuple(
            tuple(
                _sweep_point(of_exit.rules[index].threshold, of_exit.first <= index, right[exit_], right[-1])
                for index in _thinned(len(of_exit.rules), int(best[exit_]))
            )
            for exit_, of_exit in enumerate(candidates)
        ),
    )


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Candidate rules of one exit, from strict to loose, and the first one that lets each sample leave."""

    rules: list[ExitRule]
    first: NDArray[np.int64]


def _candidates(measured: Tensor, criterion: Criterion, count: int) -> _Candidates:
    """At most ``count`` rules with thresholds in the gaps between samples, from float64 [N]."""
    descending = criterion is Criterion.TOP1
    ordered = measured.sort(descending=descending).values.tolist()
    surest, least_sure = (1.0, 0.0) if descending else (0.0, 2 * ordered[-1] + 1)
    bounds = [surest, *ordered, least_sure]
    ranks = np.unique(np.linspace(0, len(ordered), min(count, len(ordered) + 1)).round().astype(int))
    rules = [
        ExitRule(criterion, _threshold_between(criterion, bounds[rank], bounds[rank + 1]))
        for rank in ranks
        if bounds[rank] != bounds[rank + 1]
    ]
    sign = -1 if descending else 1
    thresholds = sign * np.array([rule.threshold for rule in rules])
    return _Candidates(rules, np.searchsorted(thresholds, sign * measured.numpy(), side="right"))


def _threshold_between(criterion: Criterion, leaves: float, stays: float) -> float:
    """The threshold with the fewest digits by which one sample leaves and the next one stays."""
    middle = (leaves + stays) / 2
    for digits in range(3, 16):
        threshold = readable_threshold(criterion, middle, digits)
        apart = stays <= threshold < leaves if criterion is Criterion.TOP1 else leaves < threshold <= stays
        if apart:
            return threshold
    # Neighbours that no number with fewer digits tells apart.
    return leaves if criterion is Criterion.ENTROPY and middle == leaves else middle


def _thinned(candidates: int, chosen: int) -> list[int]:
    spread = np.linspace(0, candidates - 1, min(candidates, SWEEP_POINTS)).round().astype(int)
    return sorted({*spread.tolist(), chosen})


def _judge_combinations(
    candidates: Sequence[_Candidates], right: NDArray[np.bool_], costs: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and mean cost of every combination of candidates, one axis an exit."""
    samples = right.shape[1]
    first = [of_exit.first for of_exit in candidates]
    sizes = tuple(len(of_exit.rules) for of_exit in candidates)
    accuracy = np.zeros(sizes)
    cost = np.zeros(sizes)
    for exit_index, exit_cost in enumerate(costs):
        left = _count_left(first, sizes, exit_index, np.ones(samples))
        accuracy += _count_left(first, sizes, exit_index, right[exit_index].astype(float)) / samples
        cost += left / samples * exit_cost
    return accuracy, cost


def _count_left(
    first: Sequence[NDArray[np.int64]], sizes: tuple[int, ...], exit_index: int, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weight of the samples that leave at an exit, for every combination (or its broadcast form)."""
    involved = min(exit_index + 1, len(sizes))
    if involved == 0:
        return np.array(weights.sum())
    histogram = np.zeros([size + 1 for size in sizes[:involved]])
    np.add.at(histogram, tuple(first[:involved]), weights)
    for axis in range(involved):
        up_to = np.cumsum(histogram, axis=axis)
        # At its own exit a sample leaves by candidate m iff first <= m; past earlier ones iff first > m.
        total = np.take(up_to, [-1], axis=axis)
        inside = np.take(up_to, range(sizes[axis]), axis=axis)
        histogram = inside if axis == exit_index else total - inside
    return histogram.reshape(histogram.shape + (1,) * (len(sizes) - involved))


def _sweep_point(
    threshold: float, take: NDArray[np.bool_], right_here: NDArray[np.bool_], right_last: NDArray[np.bool_]
) -> SweepPoint:
    return SweepPoint(
        threshold=threshold,
        exit_rate=float(take.mean()),
        accuracy_left=float(right_here[take].mean()) if take.any() else None,
        accuracy_stayed=float(right_last[~take].mean()) if not take.all() else None,
        accuracy=float(np.where(take, right_here, right_last).mean()),
    )
