"""Chooses the thresholds of all exits from a validation split.

The measures of an exit's samples, sorted, have gaps between them. One threshold in each gap is a candidate of
the exit. ``threshold_search.py`` finds the best combination of all exits' candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.exits.decision import is_representable
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import Outcome, outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.exits.threshold_search import ThresholdSearch
from fpga_ee.files.schemas import Share, record

SWEEP_POINTS = 200
"""Most points of a sweep that are kept for table and picture, without the chosen one."""


@record
class SweepPoint:
    """One threshold at one exit, with the other early exits shut.

    Attributes:
        threshold: The threshold.
        exit_rate: Share of the samples that left.
        accuracy_left: Accuracy of the samples that left, at this exit; None where no sample left.
        accuracy_stayed: Accuracy of the other samples, at the last exit; None where all left.
        accuracy: Accuracy of all samples together.
    """

    threshold: float
    exit_rate: Share
    accuracy_left: Share | None
    accuracy_stayed: Share | None
    accuracy: Share


@dataclass(frozen=True)
class Calibration:
    """The chosen rules, and the sweeps behind the choice.

    Attributes:
        rules: One for every exit but the last.
        outcome: Their outcome on the validation split.
        sweeps: For every exit but the last: candidates from strict to loose, with the chosen one among them.
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
        criterion: The criterion of all exits.
        costs: Cost of a sample that leaves at each exit, in any unit; increasing.
        max_drop: Largest loss of combined accuracy against the last exit alone, as a share (0.001 is 0.1
            percentage points). If no candidates lose so little, the most accurate ones are chosen. Only
            thresholds that the integer decision can tell are chosen.
    """
    exact = [exit_logits.double() for exit_logits in logits]
    right = torch.stack([exit_logits.argmax(dim=1) == labels for exit_logits in exact]).numpy()
    candidates = [_candidates(measure(criterion, each), criterion) for each in exact[:-1]]
    search = ThresholdSearch(
        first=[of_exit.first for of_exit in candidates],
        eligible=[np.array([is_representable(rule) for rule in of_exit.rules]) for of_exit in candidates],
        right=right.astype(np.int64),
        costs=costs,
        required=float(right[-1].sum() - (max_drop + 1e-12) * len(labels)),
    )
    best = search.best()
    chosen = [of_exit.rules[index] for of_exit, index in zip(candidates, best, strict=True)]
    return Calibration(
        rules=tuple(chosen),
        outcome=outcome(exact, chosen, labels),
        sweeps=tuple(
            tuple(
                _sweep_point(of_exit.rules[index].threshold, of_exit.first <= index, right[exit_], right[-1])
                for index in _thinned(len(of_exit.rules), best[exit_])
            )
            for exit_, of_exit in enumerate(candidates)
        ),
    )


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Candidate rules of one exit, from strict to loose, and the first one that lets each sample leave."""

    rules: list[ExitRule]
    first: NDArray[np.int64]


def _candidates(measured: Tensor, criterion: Criterion) -> _Candidates:
    """Make rules with thresholds in all gaps between samples, from float64 [N]."""
    sign = criterion.comparison.towards_sure
    ordered = measured.sort(descending=sign > 0).values.tolist()
    surest, least_sure = criterion.limits(float(measured.max()))
    rules = [
        ExitRule(criterion, _threshold_between(criterion, leaves, stays))
        for leaves, stays in pairwise([surest, *ordered, least_sure])
        if leaves != stays
    ]
    thresholds = -sign * np.array([rule.threshold for rule in rules])
    return _Candidates(rules, np.searchsorted(thresholds, -sign * measured.numpy(), side="right"))


def _threshold_between(criterion: Criterion, leaves: float, stays: float) -> float:
    """Find the threshold with the fewest digits between a sample that leaves and the next, which stays."""
    middle, holds = (leaves + stays) / 2, criterion.comparison.holds
    for digits in range(3, 16):
        threshold = criterion.readable(middle, digits)
        if holds(leaves, threshold) and not holds(stays, threshold):
            return threshold
    # Neighbours that no number with fewer digits tells apart. Where their middle is one of them, it must be
    # the one that stays: a sample at the threshold does.
    return stays if middle == leaves else middle


def _thinned(candidates: int, chosen: int) -> list[int]:
    spread = np.linspace(0, candidates - 1, min(candidates, SWEEP_POINTS)).round().astype(int)
    return sorted({*spread.tolist(), chosen})


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
