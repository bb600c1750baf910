"""``adder_tree.sv``: the sum of several words, by levels of adders."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class AdderTree(LibraryModule):
    """Levels of adders. Registers follow each level.

    Attributes:
        count: Words.
        bits: Bits of a word.
        sum_bits: Bits of the sum.
    """

    NAME: ClassVar[str] = "adder_tree"
    COMPILED_ONCE: ClassVar[bool] = True

    count: int
    bits: int
    sum_bits: int

    @property
    def latency(self) -> int:
        """Moves from words to their sum: the levels."""
        return clog2(self.count)

    @property
    def interval(self) -> int:
        """Moves between two sums."""
        return 1

    def terms(self, family: Family) -> Terms:
        """An adder for every pair of words, and registers of words that wait for a partner."""
        words, width, lut, ff = self.count, self.bits, 0, 0
        # Registers in a row for the word without a partner, and its width. A sum has its first register
        # already.
        chain, waiting = 0, 0
        while words > 1:
            wider = min(width + 1, self.sum_bits)
            pairs, odd = divmod(words, 2)
            if odd:
                if not chain:
                    chain, waiting = int(words < self.count), width
                chain, ff = chain + 1, ff + waiting
            elif chain:
                if chain > 2:
                    # Yosys makes a shift register of so many.
                    lut, ff = lut + waiting, ff - chain * waiting
                chain = 0
            lut += pairs * width
            ff += pairs * wider
            words, width = pairs + odd, wider
        return Terms(lut=lut, ff=ff)
