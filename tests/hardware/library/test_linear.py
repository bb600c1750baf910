"""The registers of a matrix-vector product."""

from fpga_ee.hardware.library.linear import sum_latency


def test_sums_take_four_registers_and_one_for_every_level_of_the_tree() -> None:
    assert [sum_latency(words) for words in (1, 2, 3, 4, 9, 16, 17)] == [4, 5, 6, 6, 8, 8, 9]
