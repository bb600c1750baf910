"""``addition.sv``: sums of the words of two streams."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class AdditionModule(LibraryModule):
    """An addition of two streams.

    Attributes:
        lanes: Words of a beat.
        a_bits: Bits of a word of the first stream.
        a_signed: 1 where its words are two's complement.
        a_shift: Zeros that are appended to each.
        b_bits: Bits of a word of the second stream.
        b_signed: As ``a_signed``.
        b_shift: As ``a_shift``.
        sum_bits: Bits of a sum.
    """

    NAME: ClassVar[str] = "addition"

    lanes: int
    a_bits: int
    a_signed: int
    a_shift: int
    b_bits: int
    b_signed: int
    b_shift: int
    sum_bits: int

    @property
    def latency(self) -> int:
        """Cycles from the later of two beats to their sum."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles a beat."""
        return 1

    def terms(self, family: Family) -> Terms:
        """An adder for every word, and registers of the sums.

        The bits of the finer word below the coarser one are no part of the adder.
        """
        added = self.sum_bits - max(self.a_shift, self.b_shift)
        return Terms(lut=4 + self.lanes * added, ff=2 + self.lanes * self.sum_bits)
