"""Exit rates and accuracies, counted by hand; logits of more images than pass a network at a time."""

import torch
from torch import Tensor, nn

from fpga_ee.exits.outcome import BATCH, Outcome, exit_indices, logits_of, outcome
from fpga_ee.networks.early_exit import EarlyExitNetwork


def sure(logits: Tensor) -> Tensor:
    """Take an exit where a logit is above 5."""
    return logits.amax(dim=1) > 5


LOGITS = [
    torch.tensor([[9.0, 0.0], [9.0, 0.0], [1.0, 2.0], [2.0, 1.0]]),
    torch.tensor([[9.0, 0.0], [0.0, 9.0], [0.0, 9.0], [1.0, 2.0]]),
    torch.tensor([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]),
]
"""Two samples are sure at the first exit, three at the second; the last exit takes all others."""


def test_a_sample_leaves_at_the_first_exit_that_is_sure() -> None:
    assert exit_indices(LOGITS, [sure, sure]).tolist() == [0, 0, 1, 2]


def test_a_sample_has_the_label_of_the_exit_where_it_leaves() -> None:
    """The labels are 0, 1, 1, 0. Each exit alone labels all samples."""
    found = outcome(LOGITS, [sure, sure], torch.tensor([0, 1, 1, 0]))
    assert found == Outcome(
        exit_rates=(0.5, 0.25, 0.25), exit_accuracies=(3 / 4, 3 / 4, 2 / 4), accuracy=3 / 4
    )


def test_logits_of_many_images_are_those_of_each() -> None:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Identity(), nn.Linear(2, 4)],
        exits=[nn.Linear(2, 3), nn.Linear(4, 3)],
        exit_loss_weights=[1.0, 1.0],
        input_shape=(2,),
    ).eval()
    images = torch.randn(2 * BATCH + 7, 2)
    first, last = logits_of(network, images)
    one_by_one = [network(image[None]) for image in images]
    torch.testing.assert_close(first, torch.cat([each[0] for each in one_by_one]))
    torch.testing.assert_close(last, torch.cat([each[1] for each in one_by_one]))
