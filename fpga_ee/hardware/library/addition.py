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
        """Registers of the sums, and an adder of the bits that both words of a pair have.

        A signed word has all bits above its own too. The bits between a word without sign and a coarser one
        above it are always 0, and so is the sign of two words without one.
        """
        lowest = max(self.a_shift, self.b_shift)
        tops = self.a_bits + self.a_shift, self.b_bits + self.b_shift
        signs = self.a_signed, self.b_signed
        both = min(max(tops) if sign else top for top, sign in zip(tops, signs, strict=True)) - lowest
        kept = self.sum_bits - (not any(signs)) - max(0, -both)
        return Terms(lut=5 + self.lanes * max(0, both), ff=2 + self.lanes * kept)
