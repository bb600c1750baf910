"""Top-1 in PyTorch."""

from torch import Tensor


def largest_probability(logits: Tensor) -> Tensor:
    """The largest softmax probability of logits [N, classes]: [N], of the same dtype."""
    return logits.softmax(dim=1).amax(dim=1)
