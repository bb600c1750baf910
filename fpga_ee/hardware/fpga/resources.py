"""Resources of an FPGA that hardware uses, and its shares of a board."""

from dataclasses import dataclass, fields
from math import ceil, log2
from typing import Self


@dataclass(frozen=True)
class Resources:
    """Counts of the four resources that decide whether a design fits.

    Attributes:
        lut: Six-input look-up tables.
        ff: Flip-flops.
        dsp: Multiplier blocks.
        bram: Block RAMs of 18 Kb.
    """

    lut: int = 0
    ff: int = 0
    dsp: int = 0
    bram: int = 0

    def __add__(self, other: Self) -> "Resources":
        """Resources of two pieces side by side."""
        return Resources(
            self.lut + other.lut, self.ff + other.ff, self.dsp + other.dsp, self.bram + other.bram
        )

    def __mul__(self, count: int) -> "Resources":
        """Resources of ``count`` pieces like this one."""
        return Resources(self.lut * count, self.ff * count, self.dsp * count, self.bram * count)

    def shares(self, board: "Resources") -> dict[str, float]:
        """Compute the used share of each of the board's resources; 1.0 where all of it is used."""
        return {name: getattr(self, name) / getattr(board, name) for name in RESOURCE_NAMES}

    def share(self, board: "Resources") -> float:
        """Find the largest of the four shares; it decides how much of the board is used."""
        return max(self.shares(board).values())


RESOURCE_NAMES = tuple(field.name for field in fields(Resources))


def bram18(words: int, width: int) -> int:
    """Count the fewest 18 Kb block RAMs that hold ``words`` words of ``width`` bits with one read port.

    Source: Xilinx UG473, table 1-4 (RAMB18E1 as simple dual-port memory): 16,384 x 1, 8,192 x 2, 4,096 x 4,
    2,048 x 9, 1,024 x 18 or 512 x 36.
    """
    aspects = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))
    return min(ceil(words / depth) * ceil(width / bits) for depth, bits in aspects)


def bits_for(count: int) -> int:
    """Count the bits of a counter with ``count`` values (at least one bit)."""
    return max(1, ceil(log2(count)))
