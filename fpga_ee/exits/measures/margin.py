"""Margin in PyTorch."""

from torch import Tensor

from fpga_ee.errors import FpgaEeError


def margin(logits: Tensor) -> Tensor:
    """The largest of logits [N, classes] minus the second largest: [N], of the same dtype.

    Raises:
        FpgaEeError: There is one class only.
    """
    if logits.shape[1] < 2:
        raise FpgaEeError("logits of one class have no margin: a network needs two classes for it")
    largest, second = logits.topk(2, dim=1).values.unbind(dim=1)
    return largest - second
