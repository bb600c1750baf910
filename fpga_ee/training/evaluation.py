"""The accuracy of each exit."""

from collections.abc import Sequence

from torch import Tensor


def exit_accuracies(logits: Sequence[Tensor], labels: Tensor) -> tuple[float, ...]:
    """Compute the share of images that each exit classifies right if all images take it, from 0 to 1.

    Args:
        logits: Logits of every exit, float [N, classes].
        labels: int64 [N].
    """
    return tuple(float((exit_logits.argmax(dim=1) == labels).double().mean()) for exit_logits in logits)
