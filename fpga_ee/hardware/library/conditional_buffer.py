"""``conditional_buffer.sv``: samples wait for the verdict of an exit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2, counter_bits
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice
from fpga_ee.hardware.library.stream_fifo import StreamFifo
from fpga_ee.hardware.timing.pipeline import Pipeline

PASSING_ON = 3
"""Cycles from a verdict to the first word of a sample that goes on: a queue of slots, and one to read it."""


@dataclass(frozen=True)
class ConditionalBuffer(LibraryModule):
    """Slots for samples. A sample is dropped by giving its slot back.

    Attributes:
        width: Bits of a beat.
        beats: Beats of a sample.
        samples: Slots.
        id_bits: Bits of a sample's ID.
        keep: The verdict that passes a sample on: 1 passes those that leave, 0 those that go on.
    """

    NAME: ClassVar[str] = "conditional_buffer"
    FILL: ClassVar[str] = "fill"
    VISIBLE: ClassVar[tuple[str, ...]] = ("fill",)

    width: int
    beats: int
    samples: int
    id_bits: int
    keep: int

    @property
    def latency(self) -> int:
        """Cycles from a verdict to the first beat of the sample that it passes on."""
        return PASSING_ON

    @property
    def interval(self) -> int:
        """Cycles that a sample takes to be passed on."""
        return self.beats

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes to be passed on."""
        return self.interval

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """End the pipeline at the verdict.

        ``timing/stages.py`` computes the wait for it with the verdicts of all samples.
        """
        return pipeline

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the queues: of free slots, of slots with a verdict, and of waiting samples."""
        address, depth = counter_bits(self.beats * self.samples), max(2, self.samples)
        yield StreamFifo(width=address, depth=depth), 2
        yield StreamFifo(width=self.id_bits + address, depth=depth), 1

    def terms(self, family: Family) -> Terms:
        """Count the memory of all slots, and the addresses at which it is written and read."""
        room = self.beats * self.samples
        address, beat, count = counter_bits(room), counter_bits(self.beats), clog2(self.samples + 1)
        memory = ram(room, self.width, family.lut_memory)
        # Slots begin at multiples of a sample's beats, so their lowest address bits may be 0.
        start = address - min(address, (self.beats & -self.beats).bit_length() - 1)
        word = clog2(memory.rows) if memory.kind is Kind.BRAM else self.width
        return Terms(
            lut=memory.takes.lut + choice(self.width, memory.rows),
            ff=count + start + (2 * beat if self.beats > 1 else 0) + 2 + self.id_bits + word,
            bram=memory.takes.bram,
            fitted={"one": 1, "address": address, "beat": beat, "count": count, "row": memory.rows - 1},
        )
