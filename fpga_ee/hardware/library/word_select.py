"""``word_select.sv``: selects one of several words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice


@dataclass(frozen=True)
class WordSelect(LibraryModule):
    """A multiplexer.

    Attributes:
        width: Bits of a word.
        count: Number of words to select from.
    """

    NAME: ClassVar[str] = "word_select"

    width: int
    count: int

    @property
    def latency(self) -> int:
        """No cycle: it has no register."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles that a word takes."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count the LUTs that select a bit, for every bit."""
        return Terms(lut=choice(self.width, self.count))


def chosen_stream(width: int, id_bits: int, streams: int) -> Iterator[tuple[LibraryModule, int]]:
    """List the multiplexers of one of several streams: its words, IDs, ``last`` and ``valid``."""
    for bits, times in ((width, 1), (id_bits, 1), (1, 2)):
        yield WordSelect(width=bits, count=streams), times
