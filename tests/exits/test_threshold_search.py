"""The search finds the same combination as trying all of them, for any samples and costs."""

from itertools import product

import numpy as np
import pytest
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.exits.threshold_search import ThresholdSearch


def drawn(seed: int, early: int, costs: tuple[float, ...]) -> ThresholdSearch:
    random = np.random.default_rng(seed)
    samples = int(random.integers(1, 15))
    sizes = random.integers(1, 7, size=early)
    eligible = [random.random(size) < 0.6 for size in sizes]
    for of_exit in eligible:
        of_exit[random.integers(len(of_exit))] = True
    return ThresholdSearch(
        first=[random.integers(0, size + 1, size=samples) for size in sizes],
        eligible=eligible,
        right=random.integers(0, 2, size=(early + 1, samples)),
        costs=costs[: early + 1],
        required=float(random.integers(0, samples + 2)),
    )


def rank(search: ThresholdSearch, choice: tuple[int, ...]) -> tuple[float, float, int]:
    """Right labels short of the required, cost, and wrong labels, sample by sample."""
    right, cost = 0, 0.0
    samples = search.right.shape[1]
    for sample in range(samples):
        takes = [first[sample] <= index for first, index in zip(search.first, choice, strict=True)]
        exit_ = [*takes, True].index(True)
        right += int(search.right[exit_, sample])
        cost += search.costs[exit_]
    return max(0.0, search.required - right), cost, samples - right


@pytest.mark.parametrize("early", [1, 2])
def test_what_is_found_is_the_best_there_is_without_any_mending(
    early: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThresholdSearch, "_mended", lambda _, choice: choice)

    @settings(max_examples=draws(200))
    @given(seed=st.integers(0, 2**32), costs=st.sampled_from([(1, 2, 3), (4, 5, 9), (1, 8, 9), (0, 7, 8)]))
    def check(seed: int, costs: tuple[float, ...]) -> None:
        search = drawn(seed, early, costs)
        choices = list(product(*(np.flatnonzero(of_exit).tolist() for of_exit in search.eligible)))
        found = search.best()
        assert found in choices
        assert rank(search, found) == min(rank(search, choice) for choice in choices)

    check()


@settings(max_examples=draws(100))
@given(seed=st.integers(0, 2**32), early=st.integers(1, 4))
def test_a_choice_is_ranked_sample_by_sample(seed: int, early: int) -> None:
    search = drawn(seed, early, (1, 3, 4, 6, 9))
    choice = tuple(0 for _ in range(early))
    assert search.rank(choice) == rank(search, choice)


@settings(max_examples=draws(100))
@given(seed=st.integers(0, 2**32), early=st.integers(1, 4))
def test_running_sums_rank_every_choice_on_the_way_as_its_samples_do(seed: int, early: int) -> None:
    search = drawn(seed, early, (1, 3, 4, 6, 9))
    for found, choice in search._bests_of_last_sweeps():
        assert found == rank(search, choice)
