"""Linear layer."""

import torch

from fpga_ee.quantization.operators.operator import Effect, Operator

LINEAR = Operator("linear layer", frozenset({torch.ops.aten.linear.default}), Effect.MULTIPLYING, "Gemm")
