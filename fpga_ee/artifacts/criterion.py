"""What an exit measures to decide."""

import math
from enum import StrEnum


class Criterion(StrEnum):
    """The two criteria of the literature."""

    TOP1 = "top1"
    """The largest softmax probability; a sample leaves above the threshold."""

    ENTROPY = "entropy"
    """The entropy of the softmax in nats; a sample leaves below the threshold."""


def check_threshold(criterion: Criterion, threshold: float) -> None:
    """Check that a threshold can decide.

    Args:
        criterion: What it is compared with.
        threshold: top-1: a probability; entropy: nats.

    Raises:
        ValueError: No softmax could be on both sides of it.
    """
    if criterion is Criterion.TOP1 and not 0 < threshold < 1:
        raise ValueError(
            f"top-1 threshold {threshold} is not between 0 and 1 (both excluded): "
            "no softmax probability could decide by it"
        )
    if criterion is Criterion.ENTROPY and not 0 < threshold < math.inf:
        raise ValueError(
            f"entropy threshold {threshold} is not a finite number above 0: "
            "no softmax entropy could decide by it"
        )
