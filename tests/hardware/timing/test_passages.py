"""Rows pass a point steadily, or as hardware works on them."""

from fpga_ee.hardware.timing.passages import Passage, evenly, worked_on


def test_rows_that_pass_steadily_follow_each_other_without_a_gap() -> None:
    assert evenly(10, 20, 3) == [Passage(10, 13), Passage(13, 16), Passage(16, 20)]


def test_a_row_is_begun_when_the_one_before_is_done_and_ends_no_sooner_than_its_last_beat() -> None:
    """Five beats in two rows: two in the first, three in the second, each held for 10 cycles."""
    assert worked_on([Passage(0, 2), Passage(5, 8)], 5, 10) == [Passage(0, 20), Passage(20, 50)]
    # Beats that come slowly: the last of them is held from when it comes.
    assert worked_on([Passage(0, 100), Passage(105, 200)], 5, 10) == [Passage(0, 109), Passage(109, 209)]
