"""Convolution."""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

_ATEN = torch.ops.aten

CONVOLUTION = Operator(
    "convolution", frozenset({_ATEN.conv2d.default, _ATEN.conv2d.padding}), Effect.MULTIPLYING, "Conv"
)
