"""Finds sizes of batches for which a network computes something else, without computing anything.

A network may look at the size of a batch: ``if len(x) > 64``. To run it on batches of every size that
training and calibration use would take many times as long as all other checks. So it is run on tensors
without values, and the operators that it calls are compared between sizes.
"""

from collections.abc import Callable
from copy import deepcopy
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from fpga_ee.networks.early_exit import EarlyExitNetwork

SMALL = 61
"""A size with which the others are compared. As a prime, it divides few numbers of a network."""

SIZES = (131, 257, 503, 1009, 4099)
"""Sizes around those of training and calibration: a limit between two of them is found."""


def sizes_apart(network: EarlyExitNetwork) -> list[int]:
    """List the sizes for which a network calls other operators than for ``SMALL`` images, or other arguments.

    It may still give the same logits there. Where the network needs the values of tensors, so that it cannot
    be run without them, the first size stands for all.

    Args:
        network: Network in evaluation mode; it is not changed.
    """
    try:
        few = _calls(network, SMALL)
        return [size for size in SIZES if not _same(few, _calls(network, size), size)]
    except Exception:  # the user's code can raise anything, and so can PyTorch where a value is missing
        return [SIZES[0]]


_Call = tuple[object, list[object]]
"""An operator, and its arguments other than tensors."""


class _Calls(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch lacks the type
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[_Call] = []

    def __torch_dispatch__(
        self,
        operator: Callable[..., Any],
        types: object,
        arguments: tuple[Any, ...] = (),
        named: dict[str, Any] | None = None,
    ) -> Any:
        leaves = tree_leaves((arguments, named or {}))
        self.found.append((operator, [leaf for leaf in leaves if not isinstance(leaf, Tensor)]))
        return operator(*arguments, **(named or {}))


def _calls(network: EarlyExitNetwork, size: int) -> list[_Call]:
    # A copy, because the network may keep a tensor without values.
    copy = deepcopy(network)
    dtype = next((parameter.dtype for parameter in network.parameters()), torch.float32)
    with FakeTensorMode(allow_non_fake_inputs=True), _Calls() as calls, torch.no_grad():
        copy(torch.empty(size, *network.input_shape, dtype=dtype))
    found: list[_Call] = calls.found
    return found


def _same(few: list[_Call], many: list[_Call], size: int) -> bool:
    for one, other in zip_longest(few, many):
        if one is None or other is None or one[0] != other[0]:
            return False
        if not all(_same_argument(a, b, size) for a, b in zip_longest(one[1], other[1])):
            return False
    return True


def _same_argument(few: object, many: object, size: int) -> bool:
    """Compare two arguments; a size in them, or a multiple of it, is the same as the other size."""
    if type(few) is int and type(many) is int:
        return few == many or few * size == many * SMALL
    return few == many
