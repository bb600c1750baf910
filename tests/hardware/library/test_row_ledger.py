"""The ledger of a window's rows has counters as wide as what they count."""

from dataclasses import replace

from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.library.row_ledger import RowLedger

LEDGER = RowLedger(held=6, rows=9, kernel_rows=3, stride_rows=1, pad_top=1, out_rows=9)


def test_a_counter_goes_up_to_all_rows_that_are_held() -> None:
    """Seven rows are counted in three bits, like four, and eight in four; so are those that are to spare."""
    four, six, seven, eight = (replace(LEDGER, held=held).terms(SERIES_7) for held in (4, 6, 7, 8))
    assert four == six == seven
    assert eight.fitted["held"] == seven.fitted["held"] + 1
    assert eight.ff >= seven.ff + 2
