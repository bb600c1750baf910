"""Calibration finds the best combination of thresholds, as trying all of them does."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import ABOVE, Criterion
from fpga_ee.exits import threshold_search
from fpga_ee.exits.calibration import Calibration, calibrate
from fpga_ee.exits.decision import is_representable
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import exit_indices, outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.exits.threshold_search import ThresholdSearch


def random_logits(seed: int, exits: int, samples: int, classes: int) -> tuple[list[Tensor], Tensor]:
    """Logits that are right more often and surer at later exits; some are repeated, so measures tie."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, size=samples)
    logits = []
    for exit_index in range(exits):
        values = random.normal(size=(samples, classes)) * random.choice([0.3, 2.0, 20.0])
        values[np.arange(samples), labels] += exit_index + 1
        values[samples // 2 :: 3] = values[0]
        logits.append(torch.from_numpy(values.astype(np.float32)))
    return logits, torch.from_numpy(labels)


def brute_force(
    logits: Sequence[Tensor],
    labels: Tensor,
    criterion: Criterion,
    candidates: Sequence[Sequence[float]],
    *,
    costs: Sequence[float],
    max_drop: float,
) -> tuple[float, float]:
    """Cost and accuracy of the best combination: cheapest of those allowed, then most accurate."""
    exact = [of_exit.double() for of_exit in logits]
    judged = []
    for thresholds in product(*candidates):
        result = outcome(exact, [ExitRule(criterion, threshold) for threshold in thresholds], labels)
        cost = sum(rate * of_exit for rate, of_exit in zip(result.exit_rates, costs, strict=True))
        judged.append((cost, result.accuracy))
    last = result.exit_accuracies[-1]
    allowed = [each for each in judged if each[1] >= last - max_drop - 1e-9]
    if not allowed:
        most = max(accuracy for _, accuracy in judged)
        allowed = [each for each in judged if each[1] == most]
    least = min(cost for cost, _ in allowed)
    return least, max(accuracy for cost, accuracy in allowed if cost <= least + 1e-9)


@pytest.mark.hypothesis
@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
@pytest.mark.parametrize("early", [1, 2, 3])
def test_the_choice_is_that_of_trying_every_combination(early: int, criterion: Criterion) -> None:
    @settings(max_examples=draws({1: 30, 2: 15, 3: 4}[early]))
    @given(
        seed=st.integers(0, 2**32),
        samples=st.integers(1, {1: 40, 2: 12, 3: 7}[early]),
        classes=st.integers(2, 12),
        max_drop=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    )
    def check(seed: int, samples: int, classes: int, max_drop: float) -> None:
        logits, labels = random_logits(seed, early + 1, samples, classes)
        costs = [1.0, 2.5, 7.0, 8.0][: early + 1]
        calibration = calibrate(logits, labels, criterion, costs=costs, max_drop=max_drop)
        candidates = [[point.threshold for point in sweep] for sweep in calibration.sweeps]
        eligible = [
            [each for each in of_exit if is_representable(ExitRule(criterion, each))]
            for of_exit in candidates
        ]
        cost, accuracy = brute_force(logits, labels, criterion, eligible, costs=costs, max_drop=max_drop)
        assert calibration.outcome.accuracy == pytest.approx(accuracy, abs=1e-12)
        assert np.dot(calibration.outcome.exit_rates, costs) == pytest.approx(cost, abs=1e-12)
        for rule, of_exit in zip(calibration.rules, candidates, strict=True):
            assert rule.threshold in of_exit

    check()


def a_calibration(criterion: Criterion = TOP1, max_drop: float = 0.05) -> Calibration:
    logits, labels = random_logits(7, 3, 500, 10)
    return calibrate(logits, labels, criterion, costs=[1, 2, 3], max_drop=max_drop)


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_the_outcome_is_what_the_chosen_rules_do(criterion: Criterion) -> None:
    logits, labels = random_logits(7, 3, 500, 10)
    calibration = a_calibration(criterion)
    assert calibration.outcome == outcome([each.double() for each in logits], calibration.rules, labels)


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_candidates_run_from_strict_to_loose(criterion: Criterion) -> None:
    for sweep in a_calibration(criterion).sweeps:
        thresholds = [point.threshold for point in sweep]
        assert thresholds == sorted(thresholds, reverse=criterion.comparison is ABOVE)
        rates = [point.exit_rate for point in sweep]
        assert rates == sorted(rates)
        assert rates[-1] > 0.98


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_a_sweep_judges_each_exit_with_the_other_early_exits_shut(criterion: Criterion) -> None:
    logits, labels = random_logits(7, 3, 500, 10)
    for index, sweep in enumerate(a_calibration(criterion).sweeps):
        for point in sweep[::40]:
            leaves = ExitRule(criterion, point.threshold)(logits[index].double())
            right_here = logits[index].argmax(dim=1) == labels
            right_last = logits[-1].argmax(dim=1) == labels
            assert point.exit_rate == float(leaves.double().mean())
            assert point.accuracy == float(torch.where(leaves, right_here, right_last).double().mean())
            if leaves.any():
                assert point.accuracy_left == float(right_here[leaves].double().mean())
            if not leaves.all():
                assert point.accuracy_stayed == float(right_last[~leaves].double().mean())


def test_a_larger_allowed_drop_never_costs_more() -> None:
    costs = [np.dot(a_calibration(max_drop=drop).outcome.exit_rates, [1, 2, 3]) for drop in (0, 0.01, 0.1, 1)]
    assert costs == sorted(costs, reverse=True)


def test_where_every_candidate_loses_too_much_the_most_accurate_is_chosen() -> None:
    """One sample that the first exit gets wrong and is sure of: it leaves or not, never half."""
    logits = [torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 9.0]])]
    calibration = calibrate(logits, torch.tensor([1]), TOP1, costs=[1, 2], max_drop=0)
    best = max(point.accuracy for point in calibration.sweeps[0])
    assert calibration.outcome.accuracy == best


def test_a_network_with_one_exit_has_nothing_to_choose() -> None:
    logits, labels = random_logits(0, 1, 20, 3)
    calibration = calibrate(logits, labels, TOP1, costs=[1], max_drop=0)
    assert calibration.rules == calibration.sweeps == ()
    assert calibration.outcome.exit_rates == (1.0,)


def test_a_sample_takes_the_first_exit_that_is_sure() -> None:
    sure, unsure = [9.0, 0.0], [0.0, 0.0]
    logits = [torch.tensor([unsure, sure, unsure]), torch.tensor([sure, sure, unsure]), torch.zeros(3, 2)]
    rule = ExitRule(TOP1, 0.9)
    assert exit_indices(logits, [rule, rule]).tolist() == [1, 0, 2]


def test_the_label_is_the_first_of_equal_largest_logits() -> None:
    result = outcome([torch.tensor([[1.0, 1.0], [1.0, 1.0]])], [], torch.tensor([0, 1]))
    assert result.accuracy == 0.5


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_with_one_early_exit_no_threshold_at_all_lets_more_leave(criterion: Criterion) -> None:
    """Not only none of the sweep's: every gap between two samples is tried here."""
    logits, labels = random_logits(3, 2, 3000, 10)
    calibration = calibrate(logits, labels, criterion, costs=[1, 2], max_drop=0.01)
    right = [each.argmax(dim=1) == labels for each in logits]
    order = measure(criterion, logits[0].double()).argsort(descending=criterion.comparison is ABOVE)
    here, last = right[0][order].double().cumsum(0), right[1][order].double().cumsum(0)
    combined = (here + last[-1] - last) / len(labels)
    most = int((combined >= right[1].double().mean() - 0.01 - 1e-12).nonzero().max()) + 1
    assert calibration.outcome.exit_rates[0] == pytest.approx(most / len(labels), abs=1e-12)


def test_thresholds_have_no_more_digits_than_it_takes() -> None:
    logits = [torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.zeros(2, 2)]
    calibration = calibrate(logits, torch.tensor([0, 0]), TOP1, costs=[1, 2], max_drop=0)
    assert [point.threshold for point in calibration.sweeps[0]] == [0.9763, 0.842, 0.366]


def all_two_dimensional(
    logits: Sequence[Tensor], labels: Tensor, criterion: Criterion
) -> tuple[np.ndarray, np.ndarray]:
    """Right labels and cost of every pair of gaps between samples, by counting, with costs 2, 2.5 and 7."""
    right = [(each.argmax(dim=1) == labels).numpy() for each in logits]
    sign = -criterion.comparison.towards_sure
    measured = [sign * measure(criterion, each.double()).numpy() for each in logits[:-1]]
    gaps = [np.array([-np.inf, *np.unique(each)]) for each in measured]
    corrects, costs = np.zeros([len(each) for each in gaps]), np.zeros([len(each) for each in gaps])
    for row, first in enumerate(gaps[0]):
        at_first = measured[0] <= first
        for column, second in enumerate(gaps[1]):
            at_second = ~at_first & (measured[1] <= second)
            at_last = ~at_first & ~at_second
            corrects[row, column] = sum(
                (right_here & here).sum()
                for right_here, here in zip(right, (at_first, at_second, at_last), strict=True)
            )
            costs[row, column] = 2 * at_first.sum() + 2.5 * at_second.sum() + 7 * at_last.sum()
    return corrects, costs


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_with_two_early_exits_no_thresholds_at_all_cost_less(
    criterion: Criterion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first choice is the best already; later improvements could hide that it is not."""
    monkeypatch.setattr(ThresholdSearch, "_mended", lambda _, choice: choice)
    logits, labels = random_logits(5, 3, 150, 10)
    corrects, costs = all_two_dimensional(logits, labels, criterion)
    for drop in (0.0, 0.02, 0.1):
        calibration = calibrate(logits, labels, criterion, costs=[2, 2.5, 7], max_drop=drop)
        last = int((logits[-1].argmax(dim=1) == labels).sum())
        expected = costs[corrects >= last - drop * len(labels) - 1e-9].min()
        cost = np.dot(calibration.outcome.exit_rates, [2, 2.5, 7]) * len(labels)
        assert cost == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_with_more_early_exits_no_single_threshold_is_better_elsewhere(
    criterion: Criterion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a few of all combinations are tried first, so the best of them could be far from good."""
    monkeypatch.setattr(threshold_search, "SWEEPS", 9)
    logits, labels = random_logits(11, 4, 60, 10)
    costs, drop = [1.0, 2.5, 7.0, 8.0], 0.05
    calibration = calibrate(logits, labels, criterion, costs=costs, max_drop=drop)
    candidates = [[point.threshold for point in sweep] for sweep in calibration.sweeps]
    chosen = [rule.threshold for rule in calibration.rules]
    least = np.dot(calibration.outcome.exit_rates, costs)
    for exit_index, of_exit in enumerate(candidates):
        others = [[threshold] for threshold in chosen]
        others[exit_index] = [each for each in of_exit if is_representable(ExitRule(criterion, each))]
        cost, _ = brute_force(logits, labels, criterion, others, costs=costs, max_drop=drop)
        assert cost == pytest.approx(least, abs=1e-12)
