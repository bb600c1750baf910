"""The merge's interval."""

from fpga_ee.hardware.library.exit_merge import ExitMerge


def test_a_result_leaves_word_by_word_after_a_cycle_of_choosing() -> None:
    merge = ExitMerge(exits=2, bits=16, classes=10, id_bits=16, label_bits=8, exit_bits=8)
    assert merge.sample_interval(beats=10) == 11
