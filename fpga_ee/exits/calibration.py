"""Choosing the thresholds of all exits from a validation split.

Every exit gets a list of candidate thresholds, spread evenly over its exit rate. An image leaves at
candidate m of an exit iff m is at least some number b, since looser thresholds let more leave. So all
combinations of candidates of all exits are judged at once: the images are counted in a histogram over
(b_0, b_1, ...), and sums along its axes give, for every combination, how many leave at which exit and
how many of them are labelled right. Nothing is sampled; the best combination is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.exits.outcome import Outcome, outcome
from fpga_ee.exits.rules import ExitRule, measure, readable_threshold

CANDIDATES = 200
"""Candidate thresholds per exit: exit rates half a percentage point apart."""

COMBINATIONS = 4_000_000
"""Combinations that are judged at most; with many exits there are fewer candidates for each."""


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
        sweeps: For every exit but the last, all its candidates, from strict to loose.
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
            (0.001 is 0.1 percentage points). Where even the strictest candidates lose more, the most
            accurate combination is chosen.
    """
    exact = [exit_logits.double() for exit_logits in logits]
    early = len(logits) - 1
    count = CANDIDATES if early < 2 else min(CANDIDATES, int(COMBINATIONS ** (1 / early)))
    rules = [_candidates(exit_logits, criterion, count) for exit_logits in exact[:-1]]
    # takes[i][m, n]: whether sample n leaves at candidate m of exit i.
    takes = [
        torch.stack([rule(exit_logits) for rule in of_exit]).numpy()
        for of_exit, exit_logits in zip(rules, exact, strict=False)
    ]
    right = torch.stack([exit_logits.argmax(dim=1) == labels for exit_logits in exact]).numpy()
    accuracy, cost = _judge_combinations(takes, right, costs)
    allowed = accuracy >= right[-1].mean() - max_drop - 1e-12
    if not allowed.any():
        allowed = accuracy == accuracy.max()
    least = np.where(allowed, cost, np.inf)
    # Among equally cheap combinations, the most accurate.
    best = np.argmax(np.where(least == least.min(), accuracy, -1.0))
    chosen = [
        of_exit[index] for of_exit, index in zip(rules, np.unravel_index(best, accuracy.shape), strict=True)
    ]
    return Calibration(
        rules=tuple(chosen),
        outcome=outcome(exact, chosen, labels),
        sweeps=tuple(
            tuple(
                _sweep_point(rule.threshold, take, right[index], right[-1])
                for rule, take in zip(rules[index], takes[index], strict=True)
            )
            for index in range(early)
        ),
    )


def _candidates(logits: Tensor, criterion: Criterion, count: int) -> list[ExitRule]:
    """Thresholds from strict to loose, at evenly spaced ranks of what the samples measure."""
    measured = measure(criterion, logits).sort(descending=criterion is Criterion.TOP1).values
    ranks = np.linspace(0, len(measured), count + 1).round().astype(int)
    # Between two neighbours, so that the rule does not hang on one sample's last bits.
    padded = torch.cat([measured[:1], measured, measured[-1:]])
    between = ((padded[ranks] + padded[ranks + 1]) / 2).tolist()
    thresholds = dict.fromkeys(readable_threshold(criterion, value) for value in between)
    return [ExitRule(criterion, threshold) for threshold in thresholds]


def _judge_combinations(
    takes: Sequence[NDArray[np.bool_]], right: NDArray[np.bool_], costs: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and mean cost of every combination of candidates, one axis an exit."""
    samples = right.shape[1]
    # The first candidate that lets a sample go, or the number of candidates where none does.
    first = [np.where(take.any(axis=0), take.argmax(axis=0), len(take)) for take in takes]
    sizes = tuple(len(take) for take in takes)
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
