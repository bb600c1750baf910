"""Resources of an FPGA that hardware uses, and its shares of a board."""

from collections.abc import Mapping
from dataclasses import fields
from math import ceil, log2
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

from fpga_ee.files.schemas import Whole, record


@record
class Resources:
    """Counts of the four resources that decide whether a design fits.

    Attributes:
        lut: Six-input look-up tables.
        ff: Flip-flops.
        dsp: Multiplier blocks.
        bram: Block RAMs of 18 Kb.
    """

    lut: Whole = 0
    ff: Whole = 0
    dsp: Whole = 0
    bram: Whole = 0

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


def of_all(content: Any) -> Any:
    """Check that a table in a file gives a value for each resource.

    Raises:
        ValueError: One is missing, or another is there.
    """
    if isinstance(content, Mapping) and set(content) != set(RESOURCE_NAMES):
        raise ValueError(f"must give {', '.join(RESOURCE_NAMES)}")
    return content


def of_one(content: Any) -> Any:
    """Check that a text in a file is the name of a resource.

    Raises:
        ValueError: It is none.
    """
    if content not in RESOURCE_NAMES:
        raise ValueError(f"must be one of {', '.join(RESOURCE_NAMES)}")
    return content


Counts = Annotated[Resources, BeforeValidator(of_all)]
"""Resources in a file, none of which is left out."""


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
