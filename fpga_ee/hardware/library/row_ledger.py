"""``row_ledger.sv``: counts the rows that a window holds, and says whether its next row can be read."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2, counter_bits
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.rom_bits import distinct
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.memory_image import Image
from fpga_ee.hardware.timing.windows import rows_of_windows


@dataclass(frozen=True)
class RowLedger(LibraryModule):
    """Counts rows that come and rows that are freed.

    Attributes:
        held: Rows that the window has room for.
        rows: Rows of the input.
        kernel_rows: Rows of a window.
        stride_rows: Rows from one row of windows to the next.
        pad_top: Rows of padding above the input.
        out_rows: Rows of windows.
    """

    NAME: ClassVar[str] = "row_ledger"

    held: int
    rows: int
    kernel_rows: int
    stride_rows: int
    pad_top: int
    out_rows: int

    @property
    def latency(self) -> int:
        """Cycles from a row to the ports that tell of it."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles between two rows."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count two counters and two tables of constants, which depend on the window's geometry."""
        held, row = clog2(self.held + 1), counter_bits(self.out_rows)
        spare = held + 2
        # Both tables side by side, because equal registers of the two are one.
        mask = (1 << spare) - 1
        lines = tuple(freed | (spent & mask) << held for freed, spent in self._tables())
        tables = distinct(Image("", held + spare, lines))
        return Terms(
            ff=row + held + spare + tables,
            fitted={"one": 1, "row": row, "held": held, "table": tables},
        )

    def _tables(self) -> list[tuple[int, int]]:
        """List two numbers for every row of windows.

        These are the rows that it frees, and the rows that the count for the next row of windows loses.
        """
        needs, frees = rows_of_windows(
            self.kernel_rows, self.stride_rows, self.pad_top, self.rows, self.out_rows
        )
        firsts = [0, *frees[:-1]]
        freed = [last - first for first, last in pairwise([0, *frees])]
        needed = [need - first for need, first in zip(needs, firsts, strict=True)]
        following = [*needed[1:], needed[0]]
        return [(f, f + after - now) for f, after, now in zip(freed, following, needed, strict=True)]
