"""Flattening and reshaping."""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten

RESHAPING = Operator(
    "flatten and reshape",
    frozenset({
        _ATEN.flatten.using_ints,
        _ATEN.unflatten.int,
        _ATEN.squeeze.dim,
        _ATEN.squeeze.dims,
        _ATEN.view.default,
        _ATEN.reshape.default,
    }),
    Effect.MOVING,
    "Reshape",
    keeps_sign=True,
)  # fmt: skip
