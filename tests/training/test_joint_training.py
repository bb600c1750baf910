"""All exits are trained at once, by the weighted sum of their losses."""

import math

import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from fpga_ee.errors import FpgaEeError
from fpga_ee.training.augmentation import MAX_SHIFT, distort, distort_and_mirror
from fpga_ee.training.joint_training import joint_loss
from fpga_ee.training.settings import TrainingSettings


@given(
    weights=st.lists(st.floats(0, 4), min_size=1, max_size=4),
    count=st.integers(1, 9),
    seed=st.integers(0, 1000),
)
@settings(max_examples=draws(50))
def test_the_loss_is_the_weighted_sum_of_the_exits_cross_entropies(
    weights: list[float], count: int, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    logits = [torch.randn(count, 5, generator=random) for _ in weights]
    labels = torch.randint(0, 5, (count,), generator=random)

    # Cross entropy written out: minus the logarithm of the right class's softmax, averaged.
    expected = 0.0
    for weight, exit_logits in zip(weights, logits, strict=True):
        for row, label in zip(exit_logits.tolist(), labels.tolist(), strict=True):
            expected += weight * (math.log(sum(map(math.exp, row))) - row[label]) / count

    assert float(joint_loss(logits, labels, weights)) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_an_exit_with_weight_zero_learns_nothing() -> None:
    logits = [torch.zeros(2, 3, requires_grad=True) for _ in range(2)]
    joint_loss(logits, torch.tensor([0, 1]), (0.0, 1.0)).backward()
    assert not logits[0].grad.any()
    assert logits[1].grad.any()


def test_distorted_images_stay_images() -> None:
    torch.manual_seed(0)
    images = torch.rand(32, 3, 20, 28)
    distorted = distort(images)
    assert distorted.shape == images.shape
    assert distorted.dtype == torch.float32
    assert float(distorted.min()) >= 0
    assert float(distorted.max()) <= float(images.max())


def test_every_image_is_distorted_by_its_own_amounts() -> None:
    torch.manual_seed(0)
    distorted = distort(torch.rand(1, 1, 28, 28).expand(8, 1, 28, 28))
    assert len(distorted.flatten(1).unique(dim=0)) == 8


def test_equal_random_states_distort_alike() -> None:
    images = torch.rand(8, 1, 28, 28)
    torch.manual_seed(3)
    first = distort(images)
    torch.manual_seed(3)
    assert torch.equal(distort(images), first)


def test_about_half_of_the_images_are_mirrored_where_that_is_allowed() -> None:
    torch.manual_seed(0)
    left = functional.pad(torch.ones(200, 1, 12, 6), (2, 16, 6, 6))  # all of it far from the middle
    weight = distort_and_mirror(left).sum(dim=(1, 2))
    mirrored = weight[:, 12:].sum(dim=1) > weight[:, :12].sum(dim=1)
    assert 80 < int(mirrored.sum()) < 120
    assert not (distort(left).sum(dim=(1, 2))[:, 14:] > 0).any()


def test_a_distortion_moves_a_digits_centre_only_a_little() -> None:
    torch.manual_seed(0)
    dot = functional.pad(torch.ones(64, 1, 4, 4), (12, 12, 12, 12))
    weight = distort(dot).sum(dim=(1, 2))
    centre = (weight * torch.arange(28)).sum(dim=1) / weight.sum(dim=1)
    moved = (centre - 13.5).abs()
    assert float(moved.max()) < 28 * MAX_SHIFT * 1.2  # stretching adds to the shift
    assert float(moved.max()) > 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_epochs": 0}, "max_epochs must be at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"batch_size": -1}, "batch_size must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0 and at most 1000"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0 and at most 1000"),
        ({"seed": -1}, "seed must be between 0"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(FpgaEeError, match=message):
        TrainingSettings(**changes)
