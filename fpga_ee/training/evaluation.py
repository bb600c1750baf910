"""The accuracy of each exit."""

from collections.abc import Sequence

from torch import Tensor


def exit_accuracies(logits: Sequence[Tensor], labels: Tensor) -> tuple[float, ...]:
    """Share of the images that each exit classifies right if all images took it, between 0 and 1.

    Args:
        logits: Of every exit, float [N, classes].
        labels: int64 [N].
    """
    return tuple(float((exit_logits.argmax(dim=1) == labels).double().mean()) for exit_logits in logits)
