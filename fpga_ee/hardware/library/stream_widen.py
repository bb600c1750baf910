"""``stream_widen.sv``: gathers narrow beats to a wide one."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class StreamWiden(LibraryModule):
    """A converter to wider beats.

    Attributes:
        width: Bits of a narrow beat.
        factor: Number of narrow beats in a wide one.
    """

    NAME: ClassVar[str] = "stream_widen"

    width: int
    factor: int

    @property
    def latency(self) -> int:
        """Cycles from the last narrow beat to the wide one."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles that a wide beat takes."""
        return self.factor

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes: one for each narrow beat."""
        return beats

    def terms(self, family: Family) -> Terms:
        """Count the wide beat and a counter."""
        count = clog2(self.factor + 1)
        return Terms(ff=self.width * self.factor + 1 + count, fitted={"one": 1, "count": count})
