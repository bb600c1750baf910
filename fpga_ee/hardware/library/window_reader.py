"""``window_reader.sv``: counts the places in the banks where the taps of a window are read."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2, counter_bits
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class WindowReader(LibraryModule):
    """Counts through the taps of all windows and finds their places in the banks.

    Attributes:
        groups: Words of a column in a bank.
        rows: Rows of the input.
        kernel_rows: Rows of a window.
        kernel_cols: Columns of a window.
        stride_rows: Rows from one window to the next.
        stride_cols: Columns from one window to the next.
        pad_top: Rows of padding above the input.
        pad_left: Columns of padding left of it.
        out_rows: Rows of windows.
        out_cols: Columns of windows.
        bank_rows: Rows of banks.
        bank_cols: Columns of banks.
        slots: Rows that a bank holds.
        row_bits: Bits of a signed row.
        col_bits: Bits of a signed column.
        row_bank_bits: Bits of the row of a bank.
        col_bank_bits: Bits of the column of a bank.
        slot_bits: Bits of the number of a slot.
        offset_bits: Bits of a word in a slot.
    """

    NAME: ClassVar[str] = "window_reader"

    groups: int
    rows: int
    kernel_rows: int
    kernel_cols: int
    stride_rows: int
    stride_cols: int
    pad_top: int
    pad_left: int
    out_rows: int
    out_cols: int
    bank_rows: int
    bank_cols: int
    slots: int
    row_bits: int
    col_bits: int
    row_bank_bits: int
    col_bank_bits: int
    slot_bits: int
    offset_bits: int

    @property
    def latency(self) -> int:
        """Cycles from a read to the place of the next one."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles between two reads."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count the places of the window and of its tap, and the counters of windows, groups and taps."""
        row, col, offset, slot = self.row_bits, self.col_bits, self.offset_bits, self.slot_bits
        tap_rows, tap_cols = self.kernel_rows // self.bank_rows, self.kernel_cols // self.bank_cols
        # Yosys removes a counter of a single column of taps.
        counters = (
            counter_bits(self.out_cols) + counter_bits(self.groups) + counter_bits(tap_rows) + clog2(tap_cols)
        )
        return Terms(
            ff=2 * (row + col + slot + offset) + self.row_bank_bits + self.col_bank_bits + counters,
            fitted={
                "one": 1,
                "row": row,
                "column": col,
                "offset": offset,
                "groups": offset if self.groups > 1 else 0,
                "slot": slot,
                "bank row": self.bank_rows - 1,
                "bank column": self.bank_cols - 1,
            },
        )
