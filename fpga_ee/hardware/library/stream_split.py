"""``stream_split.sv``: gives one stream to two readers."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class StreamSplit(LibraryModule):
    """A fork of a stream.

    Attributes:
        width: Bits of a beat.
    """

    NAME: ClassVar[str] = "stream_split"

    width: int

    @property
    def latency(self) -> int:
        """No cycle."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count a flag for each reader: it has taken the beat."""
        return Terms(lut=6, ff=2)
