"""``product_pair.sv``: two products of one word in one multiplier."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class ProductPair(LibraryModule):
    """A multiplier that multiplies a word by two weights at once.

    Attributes:
        factor_bits: Bits of the word as a signed number.
        weight_bits: Bits of a weight.
        multiplier_bits: Bits of the multiplier's wider operand.
    """

    NAME: ClassVar[str] = "product_pair"

    factor_bits: int
    weight_bits: int
    multiplier_bits: int

    @property
    def latency(self) -> int:
        """Moves through the registers of operands and products."""
        return 2

    @property
    def interval(self) -> int:
        """Moves between two products."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count a multiplier, and the logic that separates its two products."""
        factor, weight = self.factor_bits, self.weight_bits
        product = factor - 1 + weight
        # The bit above the lower product must be inverted, unless the multiplier has room for it.
        inverted = int(self.multiplier_bits - weight - 1 <= product)
        if family.fills_multipliers:
            return Terms(lut=inverted, ff=weight, dsp=1)
        return Terms(lut=weight + 1 + inverted, ff=factor + 2 * weight + 2 * product, dsp=1)
