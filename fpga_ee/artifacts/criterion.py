"""What an exit measures to decide."""

from enum import StrEnum


class Criterion(StrEnum):
    """The two criteria of the literature."""

    TOP1 = "top1"
    """The largest softmax probability; a sample leaves above the threshold."""

    ENTROPY = "entropy"
    """The entropy of the softmax in nats; a sample leaves below the threshold."""
