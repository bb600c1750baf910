"""``products.sv``: words times weights from a memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.read_only import read_only
from fpga_ee.hardware.fpga.rom_bits import distinct, upper_bits
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.product_pair import ProductPair
from fpga_ee.hardware.memory_image import Image

_LEAST_PRODUCT = 9
"""Least bits of a product for which Yosys uses a multiplier."""


@dataclass(frozen=True)
class Products(LibraryModule):
    """Multipliers and the memory of their weights.

    Attributes:
        words: Words of a beat.
        lanes: Filters that multiply each word.
        lines: Lines of weights.
        in_bits: Bits of a word.
        in_signed: 1 where words are two's complement.
        weight_bits: Bits of a weight.
        multiplier_bits: Bits of the wider operand of the FPGA's multipliers.
        weights: The weight memory: a line for every beat and fold.
    """

    NAME: ClassVar[str] = "products"
    COMPILED_ONCE: ClassVar[bool] = True

    words: int
    lanes: int
    lines: int
    in_bits: int
    in_signed: int
    weight_bits: int
    multiplier_bits: int
    weights: Image

    @property
    def latency(self) -> int:
        """Moves through the registers of memory, operands and products."""
        return 3

    @property
    def interval(self) -> int:
        """Moves that a line takes."""
        return 1

    @property
    def pairs(self) -> int:
        """Pairs of filters that share multipliers. The wider operand must have room for both weights."""
        fit = 2 * self.weight_bits + self.in_bits + 1 <= self.multiplier_bits
        return self.lanes // 2 if fit else 0

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the multipliers that two filters share."""
        if self.pairs:
            pair = ProductPair(self.in_bits + 1, self.weight_bits, self.multiplier_bits)
            yield pair, self.pairs * self.words

    def terms(self, family: Family) -> Terms:
        """Count the memory, the operands, and the products of filters without a partner."""
        in_bits, weight_bits = self.in_bits, self.weight_bits
        single = self.words * (self.lanes - 2 * self.pairs)
        words = self.words * in_bits
        weights = read_only(self.weights)
        if in_bits + weight_bits >= _LEAST_PRODUCT:
            if family.fills_multipliers:
                # A multiplier contains its registers, and those of words that nothing else reads.
                return weights + Terms(ff=words if self.pairs else 0, dsp=single)
            single_weights = upper_bits(self.weights, 2 * self.pairs * self.words * weight_bits)
            operands = single * in_bits + distinct(single_weights)
            return weights + Terms(ff=words + operands + single * (in_bits + weight_bits), dsp=single)
        of_lut = Terms(
            ff=words + (words + single * (in_bits + 2 * weight_bits) if single else 0),
            fitted={"product": single * (in_bits - 1) * (weight_bits - 1)},
        )
        return weights + of_lut
