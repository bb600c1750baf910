"""``linear.sv``: a folded matrix-vector product with bias."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, distributed
from fpga_ee.hardware.fpga.rom_bits import unaddressed
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice
from fpga_ee.hardware.library.adder_tree import AdderTree
from fpga_ee.hardware.library.constant_products import ConstantProducts
from fpga_ee.hardware.library.products import Products
from fpga_ee.hardware.library.stream_skid import StreamSkid
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.timing.pipeline import Pipeline


@dataclass(frozen=True)
class LinearModule(LibraryModule):
    """Products, their sums, and the memory that accumulates the sums.

    Attributes:
        words: Words of a beat.
        lanes: Outputs that are computed at once.
        beats: Beats of a vector.
        folds: Outputs / ``lanes``.
        in_bits: Bits of a word.
        in_signed: 1 where words are two's complement.
        weight_bits: Bits of a weight.
        sum_bits: Bits of a sum.
        bias: The bias memory: a line for every fold.
        weights: The weight memory, with a line for every beat and fold. A single line is a constant.
    """

    NAME: ClassVar[str] = "linear"
    FROM_TOP: ClassVar[tuple[str, ...]] = ("MULTIPLIER_BITS",)
    STEP: ClassVar[str] = "step"
    VISIBLE: ClassVar[tuple[str, ...]] = ("step",)

    words: int
    lanes: int
    beats: int
    folds: int
    in_bits: int
    in_signed: int
    weight_bits: int
    sum_bits: int
    bias: Image
    weights: Image | TopConstant

    @property
    def latency(self) -> int:
        """Cycles from the first cycle in which a vector's last beat is held to its first sums."""
        return sum_latency(self.words)

    @property
    def interval(self) -> int:
        """Cycles that a vector takes."""
        return self.beats * self.folds

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes: every beat is held for all folds."""
        return beats * self.folds

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add no machine: the module reads its input as soon as it comes.

        The sums of a vector leave while its last beat is held.
        """
        pipeline = pipeline.at_least(self.sample_interval(entering.beats))
        if self.beats < entering.beats:
            pipeline = pipeline.silent(pipeline.last.silent + (self.beats - 1) * self.folds, pipeline.rows)
        else:
            of_last_row = pipeline.last.cycles // len(pipeline.last.needs)
            pipeline = pipeline.silent(max(0, of_last_row - self.folds), 1)
        return pipeline.delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the products with constants or a memory, an adder tree for every lane, and a register."""
        yield StreamSkid(width=self.lanes * self.sum_bits), 1
        yield self._products(self.words, self.interval, family), 1
        yield AdderTree(self.words, self.in_bits + self.weight_bits, self.sum_bits), self.lanes

    def terms(self, family: Family) -> Terms:
        """Count the counters of lines and folds, the bias, and the memory of sums."""
        line, fold, sums = clog2(self.interval), clog2(self.folds), self.lanes * self.sum_bits
        delay = 3 + clog2(self.words)
        bias = unaddressed(self.bias)
        # Where Yosys sees that every line is one of the first beat, it builds no memory of sums.
        grown = 1 << line != self.folds
        memory = sum_memory(self.folds, sums, family) if grown else Terms()
        return memory + Terms(
            ff=line + fold + delay + 2 * fold + 1 + sums + bias,
            fitted={
                "one": 1,
                "sum bit, grown": sums if grown else 0,
                "sum bit": 0 if grown else sums,
                "line": line,
                "fold": fold,
                "bias": bias if self.folds <= 32 else 0,
                "long bias": bias * ceil(self.folds / 64) if self.folds > 32 else 0,
            },
        )

    def _products(self, words: int, lines: int, family: Family) -> ConstantProducts | Products:
        """The module that multiplies so many words a beat by so many lines of weights."""
        shape = {
            "words": words,
            "lanes": self.lanes,
            "in_bits": self.in_bits,
            "in_signed": self.in_signed,
            "weight_bits": self.weight_bits,
        }
        if isinstance(self.weights, TopConstant):
            return ConstantProducts(**shape, weights=self.weights.value)
        multiplier_bits = family.multiplier_bits
        return Products(**shape, lines=lines, multiplier_bits=multiplier_bits, weights=self.weights)


def sum_memory(folds: int, bits: int, family: Family) -> Terms:
    """Count the memory in which the sums of so many folds grow, each of so many bits."""
    memory = distributed(folds, bits, family.lut_memory)
    kept = folds * bits if memory.kind is Kind.LOGIC else 0
    return Terms(lut=memory.takes.lut + choice(bits, memory.rows), ff=kept)


def sum_latency(words: int) -> int:
    """Cycles from the last beat of a vector with so many words to its first sums."""
    return 4 + clog2(words)
