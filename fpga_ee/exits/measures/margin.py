"""Margin in PyTorch."""

from torch import Tensor

from fpga_ee.artifacts.rules.criteria.margin import CRITERION
from fpga_ee.errors import FpgaEeError

MEASURED = CRITERION


def measure(logits: Tensor) -> Tensor:
    """Subtract the second largest of logits [N, classes] from the largest: [N], of the same dtype.

    Raises:
        FpgaEeError: There is only one class.
    """
    if logits.shape[1] < 2:
        raise FpgaEeError("logits of one class have no margin: a network needs two classes for it")
    largest, second = logits.topk(2, dim=1).values.unbind(dim=1)
    return largest - second
