"""An average pooling: its sums, its interval, and when its rows pass."""

import numpy as np
import pytest
from helpers.small_layers import average_pooling

from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, evenly


def test_padding_counts_as_zero() -> None:
    layer = average_pooling(1, 2, Window((2, 2), (2, 2), (1, 1, 1, 1)), factor=5)
    words = np.array([[1, 2], [3, 4]]).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(layer.computed([words]).ravel(), [5, 10, 15, 20])


@pytest.mark.parametrize("window", [Window((2, 2), (2, 2)), Window((3, 3), (2, 2)), Window((3, 3))], ids=str)
def test_windows_are_read_as_fast_as_their_words_come(window: Window) -> None:
    assert average_pooling(4, 7, window).interval(Folding(2, 2)) == 7 * 7 * 2


def test_a_pooling_that_reads_its_whole_windows_is_busy_for_all_of_them() -> None:
    layer = average_pooling(2, 4, Window((3, 3), (1, 1), (2, 2, 2, 2)))
    assert layer.interval(Folding()) == 36 * 2


def test_a_pooling_gives_a_row_as_soon_as_it_is_added_up() -> None:
    """Four words a window, tap by tap, of each of two groups of channels; two registers behind the last."""
    layer = average_pooling(2, 4, Window((2, 2), (2, 2)))
    first, second = layer.passage(Folding(), [evenly(0, 32, 4)])
    assert first == Passage(15 + 4 + 3 + 2, 15 + 4 + 2 * 2 * 4 + 2)
    assert second == Passage(31 + 4 + 3 + 2, 31 + 4 + 2 * 2 * 4 + 2)


def test_words_that_are_read_together_pass_a_tree() -> None:
    """Nine words at once: four levels of adders."""
    layer = average_pooling(1, 4, Window((3, 3), (1, 1), (1, 1, 1, 1)))
    first, *_ = layer.passage(Folding(), [evenly(0, 16, 4)])
    assert first == Passage(7 + 4 + 2 + 4, 7 + 4 + 4 + 2 + 4)
