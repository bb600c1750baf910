"""Addition of two feature maps."""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten

ADDITION = Operator(
    "addition",
    frozenset({_ATEN.add.Tensor}),
    Effect.ADDING,
    "Add",
    in_place={_ATEN.add_.Tensor: _ATEN.add.Tensor},
)
