"""Entropy in PyTorch."""

from torch import Tensor

from fpga_ee.artifacts.rules.criteria.entropy import CRITERION

MEASURED = CRITERION


def measure(logits: Tensor) -> Tensor:
    """Compute the entropy of the softmax of logits [N, classes], in nats: [N], of the same dtype."""
    log_probabilities = logits.log_softmax(dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1)
