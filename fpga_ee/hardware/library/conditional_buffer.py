"""``conditional_buffer.sv``: samples that wait for the verdict of an exit."""

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
    """Slots for samples; one that nobody wants is dropped by giving its slot back.

    Attributes:
        width: Bits of a beat.
        beats: Beats of a sample.
        samples: Slots.
        id_bits: Bits of a sample's ID.
        keep: The verdict with which samples are passed on: 1 for those that leave, 0 for those that go on.
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
        """Cycles from a verdict to the first beat of a sample that is passed on."""
        return PASSING_ON

    @property
    def interval(self) -> int:
        """Cycles a sample that is passed on."""
        return self.beats

    def sample_interval(self, beats: int) -> int:
        """Cycles a sample that is passed on."""
        return self.interval

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """It ends with the verdict; the wait behind that is played with all verdicts (``stages.py``)."""
        return pipeline

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """Queues of slots: the free ones, those with a verdict, and those of samples that wait for one."""
        address, depth = counter_bits(self.beats * self.samples), max(2, self.samples)
        yield StreamFifo(width=address, depth=depth), 2
        yield StreamFifo(width=self.id_bits + address, depth=depth), 1

    def terms(self, family: Family) -> Terms:
        """The memory of all slots, and the places where it is written and read."""
        room = self.beats * self.samples
        address, beat, count = counter_bits(room), counter_bits(self.beats), clog2(self.samples + 1)
        memory = ram(room, self.width, family.lut_memory)
        # Slots begin at multiples of a sample's beats, whose lowest bits may be 0.
        start = address - min(address, (self.beats & -self.beats).bit_length() - 1)
        word = clog2(memory.rows) if memory.kind is Kind.BRAM else self.width
        return Terms(
            lut=memory.takes.lut + choice(self.width, memory.rows),
            ff=count + start + (2 * beat if self.beats > 1 else 0) + 2 + self.id_bits + word,
            bram=memory.takes.bram,
            fitted={"one": 1, "address": address, "beat": beat, "count": count, "row": memory.rows - 1},
        )
