"""Chooses the fractional bits of a tensor from its values."""

import torch
from torch import Tensor
from torchao.quantization.pt2e import ObserverBase

from fpga_ee.artifacts.formats import FixedPoint

_FRACS = tuple(range(-8, 25))
"""The fractional bits that are tried: grid steps from 256 down to 2^-24."""


class PowerOfTwoObserver(ObserverBase):
    """Finds the frac with the least squared error of rounding and saturation together.

    At 8 bits this is nearly always the finest grid that holds the largest value. At 2 to 4 bits it is
    better to saturate a few large values than to round all others away.
    """

    def __init__(self, *, bits: int, signed: bool, symmetric: bool, max_frac: int, **torchao: object) -> None:
        """Start without values.

        Args:
            bits: Width of the format.
            signed: True for a signed format.
            symmetric: True for a format without its most negative integer.
            max_frac: The most fractional bits that the format may have.
            torchao: Arguments that torchao passes to every observer; this one does not need them.
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
        """Add the error of each candidate on these values, and return the values."""
        seen = values.detach()
        for index, candidate in enumerate(self.candidates):
            kept = (seen / candidate.scale).round_().clamp_(candidate.low, candidate.high)
            error = kept.mul_(candidate.scale).sub_(seen)
            self.squared_error[index] += error.square_().sum(dtype=torch.float64)
        return values

    def chosen(self) -> FixedPoint:
        """Find the best candidate, and the coarsest of equally good ones.

        All candidates are equally good for zeros. Zeros get the grid of values up to 1, which also suits
        their neighbours: biases are on the grid of the weights, and summands must not be too far apart.
        """
        if not bool(self.squared_error.any()):
            return min(self.candidates, key=lambda each: abs(each.frac - (each.bits - each.signed)))
        return self.candidates[int(self.squared_error.argmin())]

    def calculate_qparams(self, **torchao: object) -> tuple[Tensor, Tensor]:
        """Give scale and zero point, in torchao's form."""
        del torchao
        return torch.tensor([self.chosen().scale]), torch.tensor([0], dtype=torch.int32)
