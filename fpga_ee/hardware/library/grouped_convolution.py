"""``grouped_convolution.sv``: a window, and sums of products of each group of channels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.grouped_linear import GroupedLinear
from fpga_ee.hardware.library.sliding_window import SlidingWindow


@dataclass(frozen=True)
class GroupedConvolution(ConvolutionModule):
    """A folded convolution with bias, in groups.

    Attributes are those of ``ConvolutionModule`` for one group, but for the window, which holds all channels.

    Attributes:
        blocks: Groups that are computed at once.
        rounds: Groups / ``blocks``.
    """

    NAME: ClassVar[str] = "grouped_convolution"

    blocks: int
    rounds: int

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the window and the sums of products."""
        yield SlidingWindow(self.blocks * self.lanes_in, self.in_bits, self.window, pad_word=0), 1
        linear = GroupedLinear(
            words=self.window.taps * self.lanes_in,
            lanes=self.lanes_out,
            beats=self._vector,
            folds=self.folds,
            in_bits=self.in_bits,
            in_signed=self.in_signed,
            weight_bits=self.weight_bits,
            sum_bits=self.sum_bits,
            bias=self.bias,
            weights=self.weights,
            blocks=self.blocks,
            rounds=self.rounds,
        )
        yield linear, 1

    @property
    def _vector(self) -> int:
        """Beats of a window that one sum is of."""
        return self.window.groups // self.rounds * self.window.reads
