"""``window_writer.sv``: counts the places in the banks where the beats of an input are written."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class WindowWriter(LibraryModule):
    """Counts through the beats and finds their places in the banks.

    Attributes:
        groups: Beats of a position.
        cols: Columns of the input.
        slots: Rows that a bank holds.
        bank_rows: Rows of banks.
        bank_cols: Columns of banks.
        col_bits: Bits of a column.
        row_bank_bits: Bits of the row of a bank.
        col_bank_bits: Bits of the column of a bank.
        slot_bits: Bits of the number of a slot.
        offset_bits: Bits of a word in a slot.
    """

    NAME: ClassVar[str] = "window_writer"

    groups: int
    cols: int
    slots: int
    bank_rows: int
    bank_cols: int
    col_bits: int
    row_bank_bits: int
    col_bank_bits: int
    slot_bits: int
    offset_bits: int

    @property
    def latency(self) -> int:
        """Cycles from a beat to the place of the next one."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles between two beats."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count the counters of groups, columns, banks, offsets and slots."""
        # Offsets are multiples of the groups.
        multiple = max(0, (self.groups & -self.groups).bit_length() - 2)
        group, row_bank, col_bank = (clog2(count) for count in (self.groups, self.bank_rows, self.bank_cols))
        # A group beside its column is a sum of both, unless the number of groups is a power of two.
        summed = 1 << group != self.groups
        return Terms(
            ff=group + self.col_bits + row_bank + col_bank + self.offset_bits - multiple + self.slot_bits,
            fitted={
                "one": 1,
                "column": self.col_bits,
                "offset": self.offset_bits,
                "group": group,
                "group, summed": group if summed else 0,
                "offset, summed": self.offset_bits if summed else 0,
                "slot": self.slot_bits,
                "bank row": row_bank,
                "bank column": col_bank,
            },
        )
