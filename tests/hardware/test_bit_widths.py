"""Bits of numbers and counters."""

from fpga_ee.hardware.bit_widths import clog2, counter_bits


def test_a_counter_of_one_value_has_a_bit_but_its_logarithm_is_zero() -> None:
    assert [counter_bits(count) for count in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]
    assert [clog2(count) for count in (0, 1, 2, 3, 4, 5)] == [0, 0, 1, 2, 2, 3]
