"""``requantise.sv``: words rounded, half to even, and limited to another format."""

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class RequantiseModule(LibraryModule):
    """Rounds and limits words.

    Attributes:
        lanes: Words of a beat.
        in_bits: Bits of a word that enters.
        out_bits: Bits of a word that leaves.
        shift: Fractional bits that are dropped; negative where zeros are appended.
        low: Least word that leaves.
        high: Greatest word that leaves.
    """

    NAME: ClassVar[str] = "requantise"

    lanes: int
    in_bits: int
    out_bits: int
    shift: int
    low: int
    high: int

    @property
    def latency(self) -> int:
        """Cycles from a word to its rounded and limited value."""
        return LATENCY

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count the registers of rounding and limiting."""
        down = max(0, self.shift)
        least, greatest = -(1 << (self.in_bits - 1)), (1 << (self.in_bits - 1)) - 1
        if self.shift <= 0 and self.low <= least << -self.shift and greatest << -self.shift <= self.high:
            # Nothing is rounded or limited. Each bit, and `last`, waits in a shift register of one LUT.
            return Terms(lut=1 + self.lanes * self.in_bits, ff=3)
        kept = max(self.in_bits, down + 1) - down
        # floored, up_1, rounded and limited; `last` passes through a shift register.
        rounded = kept + 1 if down > 0 else kept
        lane = kept + (down > 0) + rounded + min(self.out_bits, rounded + 1)
        over = max(0, kept + 1 - self.out_bits)
        sign = "signed" if self.low < 0 else "unsigned"
        each = {
            "dropped": down,
            "lane": 1,
            f"limited, {sign}": self.out_bits if over else 0,
            f"over, {sign}": over,
        }
        fitted = {name: self.lanes * value for name, value in each.items()}
        # A least word above 0 is compared with, instead of a sign that is looked at.
        compared = self.lanes * ceil(kept / 3) if self.low > 0 else 0
        return Terms(lut=1 + compared, ff=3 + self.lanes * lane, fitted=fitted | {"one": 1})


LATENCY = 3
"""Cycles of rounding and limiting."""
