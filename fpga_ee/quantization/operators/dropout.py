"""Dropout: the identity in inference, and parts are traced in inference."""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten

DROPOUT = Operator(
    "dropout",
    frozenset({_ATEN.dropout.default}),
    Effect.MOVING,
    None,
    in_place={_ATEN.dropout_.default: _ATEN.dropout.default},
    keeps_sign=True,
)
