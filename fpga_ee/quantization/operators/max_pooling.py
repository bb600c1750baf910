"""Max pooling."""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

MAX_POOLING = Operator(
    "max pooling",
    frozenset({torch.ops.aten.max_pool2d.default}),
    Effect.CHOOSING,
    "MaxPool",
    keeps_sign=True,
)
