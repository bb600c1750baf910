"""Clamp: values between two bounds, either of which may be missing."""

import torch
from torch.fx import Node

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten


def _lowest_is_not_negative(node: Node) -> bool:
    low = node.args[1] if len(node.args) > 1 else None
    return isinstance(low, int | float) and low >= 0


CLAMP = Operator(
    "clamp",
    frozenset({_ATEN.clamp.default}),
    Effect.CLIPPING,
    "Clip",
    in_place={_ATEN.clamp_.default: _ATEN.clamp.default},
    is_never_negative=_lowest_is_not_negative,
)
