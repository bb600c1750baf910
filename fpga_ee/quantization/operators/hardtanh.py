"""Hardtanh: values between two bounds, -1 and 1 unless they are given."""

import torch
from torch.fx import Node

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten


def _lowest_is_not_negative(node: Node) -> bool:
    low = node.args[1] if len(node.args) > 1 else -1
    return isinstance(low, int | float) and low >= 0


HARDTANH = Operator(
    "hardtanh",
    frozenset({_ATEN.hardtanh.default}),
    Effect.CLIPPING,
    "Clip",
    in_place={_ATEN.hardtanh_.default: _ATEN.hardtanh.default},
    is_never_negative=_lowest_is_not_negative,
)
