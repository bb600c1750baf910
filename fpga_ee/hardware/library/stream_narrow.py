"""``stream_narrow.sv``: cuts a wide beat into narrow ones."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class StreamNarrow(LibraryModule):
    """A converter to narrower beats.

    Attributes:
        width: Bits of a narrow beat.
        factor: Number of narrow beats in a wide one.
    """

    NAME: ClassVar[str] = "stream_narrow"

    width: int
    factor: int

    @property
    def latency(self) -> int:
        """Cycles from a wide beat to its first narrow one."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles that a wide beat takes."""
        return self.factor

    def terms(self, family: Family) -> Terms:
        """Count the wide beat, which is shifted, and a counter."""
        count = clog2(self.factor + 1)
        return Terms(
            lut=self.width * (self.factor - 1),
            ff=self.width * self.factor + 1 + count,
            fitted={"one": 1, "word": self.width, "count": count},
        )
