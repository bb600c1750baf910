"""``stream_widen.sv``: narrow beats gathered to a wide one."""

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
        factor: Narrow beats of a wide one.
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
        """Cycles a wide beat."""
        return self.factor

    def sample_interval(self, beats: int) -> int:
        """A narrow beat a cycle."""
        return beats

    def terms(self, family: Family) -> Terms:
        """The wide beat and a counter."""
        count = clog2(self.factor + 1)
        return Terms(ff=self.width * self.factor + 1 + count, fitted={"one": 1, "count": count})
