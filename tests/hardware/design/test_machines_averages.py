"""Averages, and what stands behind a pooling, as machines of a line."""

from fpga_ee.hardware.design.machines import machines
from fpga_ee.hardware.library.average import AverageModule
from fpga_ee.hardware.library.sliding_window import Geometry, SlidingWindow
from fpga_ee.hardware.timing.pipeline import Machine

from .test_machines import block, convolution, pooling, queue, stream

WINDOW = Geometry(
    groups=1,
    rows=6,
    cols=6,
    kernel_rows=2,
    kernel_cols=2,
    stride_rows=2,
    stride_cols=2,
    pad_top=0,
    pad_left=0,
    out_rows=3,
    out_cols=3,
    bank_rows=1,
    bank_cols=2,
    slots=4,
)
"""2 x 2 windows over 6 rows of one channel, a row of a window at a time."""


def average(groups: int, beats: int) -> AverageModule:
    return AverageModule(
        lanes=1,
        taps=2,
        groups=groups,
        beats=beats,
        bits=8,
        signed=0,
        sum_bits=16,
        factor=3,
        out_bits=18,
    )


def test_averages_of_windows_leave_row_by_row_as_windows_are_read() -> None:
    """Nine windows of two beats; the first average leaves behind the second beat."""
    window = block(SlidingWindow(lanes=1, bits=8, window=WINDOW, pad_word=0), stream(36), stream(18))
    _, averaged = machines([window, block(average(groups=1, beats=2), stream(18), stream(9))])
    assert (list(averaged.needs), list(averaged.frees)) == ([2, 4, 6], [2, 4, 6])
    # Four for the window, three for two words, their sum and its product.
    assert (averaged.cycles, averaged.silent, averaged.delay, averaged.held) == (18, 2 - 1, 4 + 3, 4)
    *_, behind = machines(
        [
            window,
            block(average(groups=1, beats=2), stream(18), stream(9)),
            queue(stream(9), 6),
        ]
    )
    assert (behind.rows, behind.held) == (3, 2), "a row is 3 of 9 beats"


def test_a_global_average_gives_its_groups_at_the_end() -> None:
    """75 beats of three groups: nothing leaves before the last position has come."""
    (line,) = machines([block(average(groups=3, beats=25), stream(75), stream(3))])
    assert line == Machine(75, 0, range(1, 2), range(1, 2), delay=3, silent=75 - 3)


def test_a_global_average_of_rows_waits_for_the_last_row_only() -> None:
    """Behind a convolution that makes six rows of 144 cycles each."""
    *_, window, behind = machines(
        [
            convolution(),
            block(average(groups=2, beats=36), stream(72), stream(2)),
            queue(stream(2), 6),
        ]
    )
    assert (window.cycles, window.silent) == (6 * 144, 144 - 2)
    assert type(window.silent) is int
    assert (behind.rows, behind.held) == (1, 3), "an average is a vector of two beats"


def test_a_row_behind_a_pooling_is_a_row_of_its_windows() -> None:
    """Of 18 beats in three rows, each is six."""
    *_, behind = machines([pooling(), queue(stream(18), 13)])
    assert behind == Machine(18, 2, range(1, 4), range(1, 4), delay=2, queue=True)
