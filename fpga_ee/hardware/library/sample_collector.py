"""``sample_collector.sv``: joins the samples of a stage's copies to one stream, in turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.word_select import chosen_stream


@dataclass(frozen=True)
class SampleCollector(LibraryModule):
    """Takes samples of the copies one after another.

    Attributes:
        copies: Copies of the stage.
        width: Bits of a beat.
        id_bits: Bits of a sample's ID.
    """

    NAME: ClassVar[str] = "sample_collector"

    copies: int
    width: int
    id_bits: int

    @property
    def latency(self) -> int:
        """Cycles through the module when it is a copy's turn: none."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes: its beats, and at most one for each copy that is passed over."""
        return beats + self.copies - 1

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the multiplexers that choose a copy's stream."""
        return chosen_stream(self.width, self.id_bits, self.copies)

    def terms(self, family: Family) -> Terms:
        """Count the number of the copy whose turn it is, and a flag: a sample has begun."""
        return Terms(ff=clog2(self.copies) + 1, fitted={"one": 1, "copy": self.copies})
