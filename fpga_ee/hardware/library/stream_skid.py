"""``stream_skid.sv``: a register that ends the pipeline of ``ready``."""

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
        """No cycle: a beat passes unless its reader waits."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles a beat."""
        return 1

    def terms(self, family: Family) -> Terms:
        """A register and a choice for every bit."""
        return Terms(lut=self.width + 3, ff=self.width + 2)
