"""``tap_order.sv``: puts the words of all banks in the order of the window's taps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.word_select import WordSelect


@dataclass(frozen=True)
class TapOrder(LibraryModule):
    """Rotates rows and columns of banks, and inserts the padding.

    Attributes:
        lanes: Channels of a tap.
        bits: Bits of a word.
        rows: Rows of the input.
        cols: Columns of the input.
        bank_rows: Rows of taps that are read at once.
        bank_cols: Columns of taps that are read at once.
        row_bits: Bits of a signed row.
        col_bits: Bits of a signed column.
        row_bank_bits: Bits of the row of a bank.
        col_bank_bits: Bits of the column of a bank.
        pad_word: The word of a tap outside of the input.
    """

    NAME: ClassVar[str] = "tap_order"

    lanes: int
    bits: int
    rows: int
    cols: int
    bank_rows: int
    bank_cols: int
    row_bits: int
    col_bits: int
    row_bank_bits: int
    col_bank_bits: int
    pad_word: int

    @property
    def latency(self) -> int:
        """Moves from a place to its words."""
        return 3

    @property
    def interval(self) -> int:
        """Moves between two places."""
        return 1

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List a multiplexer of banks' rows for every row of taps, and one of columns for every tap."""
        beat = self.lanes * self.bits
        yield WordSelect(width=self.bank_cols * beat, count=self.bank_rows), self.bank_rows
        yield WordSelect(width=beat, count=self.bank_cols), self.bank_rows * self.bank_cols

    def terms(self, family: Family) -> Terms:
        """Count the words before and after the multiplexers, and the registers of places."""
        rows, cols = self.bank_rows, self.bank_cols
        taps = rows * cols * self.lanes * self.bits
        row_bank, col_bank = clog2(rows), clog2(cols)
        return Terms(
            # `last` passes through a shift register.
            lut=1,
            ff=2 * taps + 3 + 2 * (rows + cols) + row_bank + 2 * col_bank,
            fitted={
                "one": 1,
                "row": (rows - 1) * self.row_bits,
                "column": (cols - 1) * self.col_bits,
                "place": rows * cols if rows * cols > 1 else 0,
                "order": rows * row_bank + rows * cols * col_bank,
            },
        )
