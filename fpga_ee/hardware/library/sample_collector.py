"""``sample_collector.sv``: samples of the copies of a stage joined to one stream, in turn."""

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
        """No cycle where it is a copy's turn."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles a beat."""
        return 1

    def sample_interval(self, beats: int) -> int:
        """A beat a cycle, and the copies that are passed over until the next one that offers a sample."""
        return beats + self.copies - 1

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """Choices of one copy's stream."""
        return chosen_stream(self.width, self.id_bits, self.copies)

    def terms(self, family: Family) -> Terms:
        """Whose turn it is, and whether a sample has begun."""
        return Terms(ff=clog2(self.copies) + 1, fitted={"one": 1, "copy": self.copies})
