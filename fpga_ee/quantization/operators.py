"""The operators that fixed point knows, by what they do to the grid of the values they are given.

* *multiplying* operators: convolution and linear. Their accumulators leave the grid of the feature
  maps and must be requantised.
* *adding*: the sum of two feature maps is on the finer of their grids, and needs one more bit than
  that grid's format has; it is requantised too.
* *monotone* operators never reverse the order of two values, so requantising commutes with them where
  they keep to the grid: max pooling and ReLU choose among the values they are given, and 0.
* *clipping* operators are monotone too, but their bounds need not be on the grid: they are done before
  requantising, never after it.
* *reshaping* operators move values and change none.
"""

import torch
from torch.fx import Node

_ATEN = torch.ops.aten
MULTIPLYING = frozenset({_ATEN.conv2d.default, _ATEN.conv2d.padding, _ATEN.linear.default})
ADDING = frozenset({_ATEN.add.Tensor})
CLIPPING = frozenset({_ATEN.relu6.default, _ATEN.hardtanh.default, _ATEN.clamp.default})
MAX_POOLING = _ATEN.max_pool2d.default
MONOTONE = frozenset({MAX_POOLING, _ATEN.relu.default})
RESHAPING = frozenset({
    _ATEN.flatten.using_ints,
    _ATEN.unflatten.int,
    _ATEN.squeeze.dim,
    _ATEN.squeeze.dims,
    _ATEN.view.default,
    _ATEN.reshape.default,
    _ATEN.dropout.default,  # the identity in inference, which is how parts are traced
})  # fmt: skip
TRANSPARENT = MONOTONE | RESHAPING
KNOWN = (
    "convolution, linear, addition, max and average pooling, batch normalisation, ReLU, ReLU6, hardtanh, "
    "flatten, reshape and dropout"
)
"""What a message says that fixed point knows; averages and normalisations become convolutions."""


def is_size(node: Node) -> bool:
    """Whether a node gives the batch size, or what was computed from it, and no tensor."""
    return isinstance(node.meta.get("val"), torch.SymInt)


def is_never_negative(node: Node) -> bool:
    """Whether an operator gives no negative value, whatever it is given."""
    if node.target in CLIPPING and node.target is not _ATEN.relu6.default:
        low = node.args[1] if len(node.args) > 1 else (-1 if node.target is _ATEN.hardtanh.default else None)
        return isinstance(low, int | float) and low >= 0
    return node.target in (_ATEN.relu.default, _ATEN.relu6.default)
