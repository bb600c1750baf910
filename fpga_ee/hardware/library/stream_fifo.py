"""``stream_fifo.sv``: a queue of beats."""

from dataclasses import dataclass, replace
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice
from fpga_ee.hardware.timing.pipeline import Pipeline, passing

QUEUED = 2
"""Cycles through an empty queue."""


@dataclass(frozen=True)
class StreamFifo(LibraryModule):
    """A queue of beats.

    Attributes:
        width: Bits of a beat.
        depth: Beats that its memory holds.
    """

    NAME: ClassVar[str] = "stream_fifo"

    width: int
    depth: int

    @property
    def latency(self) -> int:
        """Cycles through an empty queue."""
        return QUEUED

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add a machine for a queue that holds whole rows. A shorter queue only delays them."""
        held = self.depth * pipeline.rows // entering.beats if entering.has_last else 0
        if held:
            pipeline = pipeline.behind(replace(passing(pipeline.rows, held), queue=True), pipeline.rows)
        return pipeline.delayed(self.latency)

    def terms(self, family: Family) -> Terms:
        """Count the memory, two pointers, a counter and the output's word."""
        width, pointer = self.width + 1, clog2(self.depth)
        memory = ram(self.depth, width, family.lut_memory)
        kept = 0 if memory.kind is Kind.BRAM else width
        fitted = {"one": 1, "pointer": pointer, "wrap": 0 if self.depth == 1 << pointer else pointer}
        return Terms(
            lut=memory.takes.lut + choice(width, memory.rows),
            ff=kept + 2 * pointer + pointer + 1 + 1 + (clog2(memory.rows) if kept == 0 else 0),
            bram=memory.takes.bram,
            fitted=fitted,
        )
