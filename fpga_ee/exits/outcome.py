"""Exit rates and accuracies of an early-exit network on labelled samples."""

from collections.abc import Sequence

import torch
from torch import Tensor

from fpga_ee.files.schemas import Share, record
from fpga_ee.networks.early_exit import EarlyExitNetwork, ExitTest
from fpga_ee.training.evaluation import exit_accuracies

BATCH = 500
"""Number of images that pass a network at a time; it limits the memory, and does not change the result."""


@record
class Outcome:
    """Exit rates and accuracies of samples.

    Attributes:
        exit_rates: Share of the samples that left at each exit.
        exit_accuracies: Accuracy of each exit over all samples, as if all of them left there.
        accuracy: Accuracy with every sample labelled by the exit where it leaves.
    """

    exit_rates: tuple[Share, ...]
    exit_accuracies: tuple[Share, ...]
    accuracy: Share


def exit_indices(logits: Sequence[Tensor], exit_tests: Sequence[ExitTest]) -> Tensor:
    """Find the exit that each sample takes: the first confident one, or the last.

    Args:
        logits: float [N, classes] of every exit.
        exit_tests: One for every exit but the last.

    Returns:
        int64 [N].
    """
    samples = len(logits[0])
    takes = [test(exit_logits) for test, exit_logits in zip(exit_tests, logits[:-1], strict=True)]
    takes.append(torch.ones(samples, dtype=torch.bool))
    # argmax gives the first of equal values, here the first True.
    return torch.stack(takes).to(torch.int8).argmax(dim=0)


def outcome(logits: Sequence[Tensor], exit_tests: Sequence[ExitTest], labels: Tensor) -> Outcome:
    """Compare the logits of every exit, each float [N, classes], with labels int64 [N]."""
    indices = exit_indices(logits, exit_tests)
    right = torch.stack([exit_logits.argmax(dim=1) == labels for exit_logits in logits])
    return Outcome(
        exit_rates=tuple(float((indices == index).double().mean()) for index in range(len(logits))),
        exit_accuracies=exit_accuracies(logits, labels),
        accuracy=float(right.gather(0, indices[None]).double().mean()),
    )


def logits_of(network: EarlyExitNetwork, images: Tensor) -> list[Tensor]:
    """Compute the logits of every exit, each float32 [N, classes], for images float32 [N, *input_shape]."""
    with torch.inference_mode():
        batches = [network(batch) for batch in torch.split(images, BATCH)]
    return [torch.cat(of_exit) for of_exit in zip(*batches, strict=True)]
