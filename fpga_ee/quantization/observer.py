"""Choosing the fractional bits of a tensor from what it holds."""

import torch
from torch import Tensor
from torchao.quantization.pt2e import ObserverBase

from fpga_ee.artifacts.formats import FixedPoint

_FRACS = tuple(range(-8, 25))
"""The fractional bits that are tried: grid steps from 256 down to 2^-24."""


class PowerOfTwoObserver(ObserverBase):
    """Finds the frac with the least squared error, rounding and saturation together.

    At 8 bits that is nearly always the finest grid that holds the largest value; at 2 to 4 bits it is
    better to saturate a few large values than to round all the others away.
    """

    def __init__(self, *, bits: int, signed: bool, symmetric: bool, max_frac: int, **torchao: object) -> None:
        """Start with nothing seen.

        Args:
            bits: Width of the format.
            signed: Whether it is signed.
            symmetric: Whether it leaves the most negative integer out.
            max_frac: The most fractional bits it may get.
            torchao: What torchao passes to every observer and this one does not need.
        """
        del torchao
        super().__init__(dtype=torch.int32, is_dynamic=False)
        self.candidates = [
            FixedPoint(bits=bits, signed=signed, frac=frac, symmetric=symmetric)
            for frac in _FRACS
            if frac <= max_frac
        ]
        self.squared_error = torch.zeros(len(self.candidates), dtype=torch.float64)

    def forward(self, values: Tensor) -> Tensor:
        """Count what each candidate would lose on these values, and pass them on."""
        seen = values.detach()
        for index, candidate in enumerate(self.candidates):
            kept = (seen / candidate.scale).round_().clamp_(candidate.low, candidate.high)
            error = kept.mul_(candidate.scale).sub_(seen)
            self.squared_error[index] += error.square_().sum(dtype=torch.float64)
        return values

    def chosen(self) -> FixedPoint:
        """The best candidate; the coarsest of them where several are equally good.

        Zeros alone suit all of them. They get the grid of values up to 1, which suits their neighbours too:
        biases are on the grid of the weights, and summands may not be too far apart.
        """
        if not bool(self.squared_error.any()):
            return min(self.candidates, key=lambda each: abs(each.frac - (each.bits - each.signed)))
        return self.candidates[int(self.squared_error.argmin())]

    def calculate_qparams(self, **torchao: object) -> tuple[Tensor, Tensor]:
        """Scale and zero point, as torchao asks for them."""
        del torchao
        return torch.tensor([self.chosen().scale]), torch.tensor([0], dtype=torch.int32)
