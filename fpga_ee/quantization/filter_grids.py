"""Rounds the weights or the bias of each filter to a grid of its own, for torchao."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchao.quantization.pt2e import FakeQuantizeBase

from fpga_ee.artifacts.formats import FixedPoint


class PerChannelGrids(FakeQuantizeBase):
    """Integers of one width for all filters, times a power of two for each.

    torchao knows by the name of the class that it has several scales.
    """

    def __init__(self, *, format_: FixedPoint, coarser: Sequence[int], **torchao: object) -> None:
        """Take the grids.

        Args:
            format_: Format of the filter with the finest grid.
            coarser: The fractional bits that each filter has less.
            torchao: Arguments that torchao passes to every fake quantizer; this one does not need them.
        """
        del torchao
        super().__init__()
        self.dtype = getattr(torch, format_.carrier)
        self.quant_min, self.quant_max = format_.low, format_.high
        self.qscheme, self.ch_axis = torch.per_channel_affine, 0
        self.scale: Tensor
        self.zero_point: Tensor
        self.register_buffer("scale", format_.scale * 2.0 ** torch.tensor(coarser, dtype=torch.float32))
        self.register_buffer("zero_point", torch.zeros(len(coarser), dtype=torch.int32))

    def forward(self, values: Tensor) -> Tensor:
        """Round and saturate; the backward pass treats rounding as the identity."""
        return torch.fake_quantize_per_channel_affine(
            values, self.scale, self.zero_point, self.ch_axis, self.quant_min, self.quant_max
        )

    def calculate_qparams(self, **torchao: object) -> tuple[Tensor, Tensor]:
        """Give scales and zero points, in torchao's form."""
        del torchao
        return self.scale, self.zero_point
