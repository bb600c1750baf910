"""The fixed-point network compared with its float network."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fpga_ee.exits.outcome import Outcome, exit_indices, outcome
from fpga_ee.files.schemas import Count, Name, record
from fpga_ee.networks.early_exit import ExitTest


@record
class Comparison:
    """Both networks on the same images.

    Attributes:
        split: Name of the images' split.
        images: Number of images.
        float_outcome: Results of the float network, with its float rules.
        fixed_outcome: Results of the fixed-point network, with its integer decisions.
        other_exits: Images that leave at another exit.
        other_labels: Images that get another label.
    """

    split: Name
    images: Count
    float_outcome: Outcome
    fixed_outcome: Outcome
    other_exits: Count
    other_labels: Count


def compare_networks(
    float_answers: tuple[Sequence[Tensor], Sequence[ExitTest]],
    fixed_answers: tuple[Sequence[Tensor], Sequence[ExitTest]],
    labels: Tensor,
    split: str,
) -> Comparison:
    """Compare the logits of every exit and the exit tests of both networks.

    Args:
        float_answers: Logits [N, classes] of every exit of the float network, and its exit tests.
        fixed_answers: Logits and exit tests of the fixed-point network.
        labels: int64 [N].
        split: Name of the images' split.
    """
    before, after = exit_indices(*float_answers), exit_indices(*fixed_answers)
    labels_before, labels_after = _labels(float_answers[0], before), _labels(fixed_answers[0], after)
    return Comparison(
        split=split,
        images=len(labels),
        float_outcome=outcome(*float_answers, labels),
        fixed_outcome=outcome(*fixed_answers, labels),
        other_exits=int((before != after).sum()),
        other_labels=int((labels_before != labels_after).sum()),
    )


def _labels(logits: Sequence[Tensor], exits: Tensor) -> Tensor:
    return torch.stack(list(logits))[exits, torch.arange(len(exits))].argmax(dim=1)
