"""Candidates where samples are as near to each other as numbers can be, and logits that come in batches."""

import pytest
import torch
from helpers.small_networks import Striped, stripes

from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import ABOVE, Criterion
from fpga_ee.exits import outcome
from fpga_ee.exits.calibration import SweepPoint, _threshold_between, calibrate
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule

NEAR = torch.stack([1 + torch.arange(64, dtype=torch.float64) * 2**-52, torch.zeros(64).double()], dim=1)
"""Logits of 64 samples that differ by a last bit each."""


def sweep(criterion: Criterion) -> tuple[SweepPoint, ...]:
    """All candidates of an exit that gives these logits, always right."""
    labels = torch.zeros(64, dtype=torch.int64)
    return calibrate([NEAR, NEAR], labels, criterion, costs=[1, 2], max_drop=0).sweeps[0]


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_a_candidate_does_what_is_said_of_it_between_neighbouring_numbers(criterion: Criterion) -> None:
    for point in sweep(criterion):
        assert point.exit_rate == ExitRule(criterion, point.threshold)(NEAR).double().mean()


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_samples_that_differ_at_all_have_a_candidate_between_them(criterion: Criterion) -> None:
    counts = measure(criterion, NEAR).unique(return_counts=True)[1]
    ordered = counts.flip(0) if criterion.comparison is ABOVE else counts
    left = [round(point.exit_rate * 64) for point in sweep(criterion)]
    assert left == [0, *ordered.cumsum(0).tolist()]


@pytest.mark.parametrize(
    ("criterion", "measured", "threshold"),
    [
        # Three digits of the middle are the one that leaves, which would stay.
        (TOP1, (0.75, 0.7495), 0.7498),
        # They are the one that stays, and it does.
        (TOP1, (0.7505, 0.75), 0.75),
        (ENTROPY, (0.5, 0.5005), 0.5002),
        (ENTROPY, (0.4995, 0.5), 0.5),
        (ENTROPY, (0.3, 0.6), 0.45),
    ],
)
def test_a_threshold_has_the_fewest_digits_that_part_two_samples(
    criterion: Criterion, measured: tuple[float, float], threshold: float
) -> None:
    assert _threshold_between(criterion, *measured) == threshold


def test_logits_do_not_depend_on_how_many_images_go_through_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, images = Striped().eval(), torch.from_numpy(stripes("stripes", 7, 1).inputs())
    whole = logits_of(network, images)
    monkeypatch.setattr(outcome, "BATCH", 3)
    batches = logits_of(network, images)
    assert [logits.shape for logits in batches] == [logits.shape for logits in whole]
    assert all(torch.allclose(one, two, atol=1e-6) for one, two in zip(batches, whole, strict=True))
