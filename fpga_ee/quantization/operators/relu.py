"""ReLU."""

import torch
from torch.fx import Node

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten


def _always(_: Node) -> bool:
    return True


RELU = Operator(
    "ReLU",
    frozenset({_ATEN.relu.default}),
    Effect.CHOOSING,
    "Relu",
    in_place={_ATEN.relu_.default: _ATEN.relu.default},
    is_never_negative=_always,
)
