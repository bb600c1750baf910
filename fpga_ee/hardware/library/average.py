"""``average.sv``: sums of words of each channel, times one constant."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice
from fpga_ee.hardware.library.adder_tree import AdderTree
from fpga_ee.hardware.timing.pipeline import Pipeline


@dataclass(frozen=True)
class AverageModule(LibraryModule):
    """Averages of words, channel by channel: adders, a memory of growing sums, and multipliers.

    Attributes:
        lanes: Channels of a beat.
        taps: Words of a channel in a beat.
        groups: Groups of channels that take turns.
        beats: Beats of a group in an average.
        bits: Bits of a word.
        signed: 1 where words are two's complement.
        sum_bits: Bits of a sum.
        factor: The constant.
        out_bits: Bits of the product.
    """

    NAME: ClassVar[str] = "average"
    STEP: ClassVar[str] = "step"
    VISIBLE: ClassVar[tuple[str, ...]] = ("step",)

    lanes: int
    taps: int
    groups: int
    beats: int
    bits: int
    signed: int
    sum_bits: int
    factor: int
    out_bits: int

    @property
    def latency(self) -> int:
        """Cycles from the last beat that is averaged to the average."""
        return average_latency(self.taps)

    @property
    def interval(self) -> int:
        """Cycles for an average of every group."""
        return self.beats * self.groups

    def sample_interval(self, beats: int) -> int:
        """Count a cycle for every beat."""
        return beats

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add no machine: the module reads its input as soon as it comes."""
        pipeline = pipeline.at_least(entering.beats)
        if self.interval < entering.beats:
            pipeline = pipeline.silent(pipeline.last.silent + self.beats - 1, pipeline.rows)
        else:
            of_last_row = pipeline.last.cycles // len(pipeline.last.needs)
            pipeline = pipeline.silent(max(0, of_last_row - self.groups), 1)
        return pipeline.delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """Give the tree of adders of each channel of a beat."""
        yield AdderTree(self.taps, self.bits + 1, self.sum_bits), self.lanes

    def terms(self, family: Family) -> Terms:
        """Count counters, sums that grow, sums that wait, and products."""
        levels, sums = clog2(self.taps), self.lanes * self.sum_bits
        zeros = (self.factor & -self.factor).bit_length() - 1
        multipliers = self.lanes if self.factor >> zeros > 1 else 0
        # A multiplier contains the registers of its operands and its product. A shift needs no multiplier.
        outside = not (multipliers and family.fills_multipliers)
        given = self.lanes * (self.out_bits - zeros) if multipliers else sums
        # `last` passes through a shift register where the tree has two levels.
        travelling = Terms(lut=levels > 1, ff=2 * levels - (levels + 1 if levels > 1 else 0))
        products = Terms(ff=4 + (sums + given if outside else 0), dsp=multipliers)
        return travelling + products + self._growing(sums, family)

    def _growing(self, sums: int, family: Family) -> Terms:
        """Count counters and the memory of sums. An average of a single beat has neither."""
        if self.beats == 1:
            return Terms(fitted={"one": 1})
        groups, beats = clog2(self.groups), clog2(self.beats)
        memory = ram(self.groups, sums, family.lut_memory)
        # A block RAM gives the old word. A register keeps a word that is written at the same time.
        kept = {
            Kind.LOGIC: self.groups * sums,
            Kind.LUTRAM: groups,
            Kind.BRAM: sums + 1 + clog2(memory.rows),
        }
        return Terms(
            lut=memory.takes.lut + choice(sums, memory.rows),
            ff=groups + beats + kept[memory.kind],
            bram=memory.takes.bram,
            fitted={
                "one": 1,
                "sum bit": sums,
                "kept bit": sums if memory.kind is Kind.BRAM else 0,
                "counter": groups + beats,
            },
        )


def average_latency(taps: int) -> int:
    """Count the cycles from the last beat that is averaged, with ``taps`` words a channel, to the average."""
    return 2 + clog2(taps)
