"""Top-1 in PyTorch."""

from torch import Tensor

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION

MEASURED = CRITERION


def measure(logits: Tensor) -> Tensor:
    """Compute the largest softmax probability of logits [N, classes]: [N], of the same dtype."""
    return logits.softmax(dim=1).amax(dim=1)
