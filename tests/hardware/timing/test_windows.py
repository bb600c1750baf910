"""Rows that a row of windows waits for, and rows that it frees."""

from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.hardware.timing.windows import rows_of_windows


@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    top_padding=st.integers(0, 4),
    bottom_padding=st.integers(0, 4),
    rows=st.integers(1, 9),
)
def test_a_row_of_windows_waits_for_rows_that_it_covers_and_frees_those_that_no_later_one_covers(
    kernel: int, stride: int, top_padding: int, bottom_padding: int, rows: int
) -> None:
    outputs = (rows + top_padding + bottom_padding - kernel) // stride + 1
    if outputs < 1:
        return
    needs, frees = rows_of_windows(kernel, stride, top_padding, rows, outputs)
    for index in range(outputs):
        top, below = index * stride - top_padding, (index + 1) * stride - top_padding
        covered = [row for row in range(rows) if top <= row < top + kernel]
        passed = [row for row in range(rows) if row < below or index + 1 == outputs]
        assert frees[index] == len(passed)
        # One row at least where a window is all padding above, all of them where it is all padding below.
        last = covered[-1] + 1 if covered else 1 if top < 0 else rows
        assert needs[index] == max(last, len(passed))
