"""ReLU6: values between 0 and 6."""

import torch
from torch.fx import Node

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten


def _always(_: Node) -> bool:
    return True


RELU6 = Operator(
    "ReLU6",
    frozenset({_ATEN.relu6.default}),
    Effect.CLIPPING,
    "Clip",
    in_place={_ATEN.relu6_.default: _ATEN.relu6.default},
    is_never_negative=_always,
)
