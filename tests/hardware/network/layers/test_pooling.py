"""A pooling: its interval, and when its rows pass."""

import numpy as np
import pytest
import torch
from helpers.small_layers import pooling

from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, evenly


@pytest.mark.parametrize("window", [Window((2, 2), (2, 2)), Window((3, 3), (2, 2)), Window((3, 3))], ids=str)
def test_a_pooling_reads_so_many_taps_at_a_time_that_it_is_as_fast_as_its_words_come(window: Window) -> None:
    assert pooling(4, 7, window).interval(Folding(2, 2)) == 7 * 7 * 2


def test_a_pooling_that_reads_its_whole_windows_is_busy_for_all_of_them() -> None:
    """Padding makes more windows than words: 6 x 6 of them over 4 x 4 words, of each of two channels."""
    layer = pooling(2, 4, Window((3, 3), (1, 1), (2, 2, 2, 2)))
    assert layer.interval(Folding()) == 36 * 2


def test_a_pooling_waits_for_every_word_where_its_windows_are_few() -> None:
    assert pooling(3, 6, Window((2, 2), (4, 4))).interval(Folding()) == 6 * 6 * 3


def test_a_pooling_gives_a_row_as_soon_as_it_is_compared() -> None:
    """Four words a window, tap by tap, of each of two groups of channels; three registers behind the last."""
    layer = pooling(2, 4, Window((2, 2), (2, 2)))
    first, second = layer.passage(Folding(), [evenly(0, 32, 4)])
    assert first == Passage(15 + 4 + 3 + 3, 15 + 4 + 2 * 2 * 4 + 3)
    assert second == Passage(31 + 4 + 3 + 3, 31 + 4 + 2 * 2 * 4 + 3)


def test_a_pooling_that_leaves_its_last_row_out_waits_for_it() -> None:
    """The rows of a sample are free again only together with its last windows."""
    layer = pooling(1, 11, Window((2, 2), (2, 2)))
    (*before, last) = layer.passage(Folding(), [evenly(0, 11_000, 11)])
    assert before[-1].last < 9_000
    assert last.first > 11_000


def test_the_largest_words_are_those_of_pytorch() -> None:
    """Of words below 0, none is as small as the padding."""
    words = np.random.default_rng(0).integers(-128, 0, (3, 7, 7, 4))
    layer = pooling(4, 7, Window((3, 2), (2, 1), (1, 1, 1, 1)))
    images = torch.from_numpy(np.moveaxis(words, 3, 1).astype(np.float32))
    expected = torch.nn.functional.max_pool2d(images, (3, 2), (2, 1), (1, 1))
    np.testing.assert_array_equal(np.moveaxis(layer.computed([words]), 3, 1), expected.numpy())
