"""LUTs that choose one of several words."""

from fpga_ee.hardware.fpga.word_choice import CHOICES, choice


def test_of_more_words_than_the_table_has_first_one_of_each_sixteen_is_chosen() -> None:
    assert [choice(8, count) for count in range(17)] == [8 * luts for luts in CHOICES]
    # One of sixteen, and between it and the seventeenth.
    assert choice(1, 17) == CHOICES[16] + CHOICES[2]
    assert choice(2, 40) == 2 * (2 * CHOICES[16] + CHOICES[8] + CHOICES[3])
    assert choice(1, 32) == 2 * CHOICES[16] + CHOICES[2]
    assert choice(1, 64) == 4 * CHOICES[16] + CHOICES[4]
