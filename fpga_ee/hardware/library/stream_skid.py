"""``stream_skid.sv``: a register that breaks the combinational path of ``ready``."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class StreamSkid(LibraryModule):
    """A skid buffer.

    Attributes:
        width: Bits of a beat.
    """

    NAME: ClassVar[str] = "stream_skid"

    width: int

    @property
    def latency(self) -> int:
        """Cycles through the module: none, unless its reader waits."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count a register and a multiplexer for every bit."""
        return Terms(lut=self.width + 3, ff=self.width + 2)
