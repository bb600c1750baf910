"""Padding with 0 in front of a convolution: at each side as much as is wanted.

A convolution of PyTorch pads opposite sides alike. One of ONNX need not, so the exporter makes one node of
both.
"""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

ZERO_PADDING = Operator(
    "padding with 0 in front of a convolution",
    frozenset({torch.ops.aten.pad.default}),
    Effect.PADDING,
    "Pad",
)
