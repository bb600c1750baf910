"""A convolution: its groups, its interval, and when its rows pass."""

import pytest
from helpers.small_layers import CONVOLUTION, WORD, convolution, counted

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, evenly


@pytest.mark.parametrize("groups", [0, -1, 3, 10**9])
def test_groups_divide_channels_and_filters(groups: int) -> None:
    entering = FeatureMap(8, 8, 8, WORD)
    with pytest.raises(FpgaEeError, match=f"layer conv: {groups} groups do not divide 8 channels"):
        Convolution("conv", entering, entering, Window((1, 1)), WORD, None, groups)


@pytest.mark.parametrize(
    "folding",
    [Folding(), Folding(2, 3, 1, 3), Folding(4, 2), Folding(1, 6, 1, 9), Folding(4, 6, 1, 9)],
    ids=str,
)
def test_a_convolution_is_busy_for_every_product_or_every_word(folding: Folding) -> None:
    assert CONVOLUTION.interval(folding) == counted(CONVOLUTION, folding)


def test_where_all_is_done_at_once_a_layer_is_busy_for_as_long_as_words_come() -> None:
    assert CONVOLUTION.interval(Folding(1, 6, 1, 9)) == max(4 * 4 * 4, 7 * 7 * 4) == 196


def test_a_convolution_begins_a_row_of_windows_four_cycles_behind_the_last_word_that_it_needs() -> None:
    """3 x 3 windows over 4 x 4 words, one a cycle: row 3 is there in cycle 11, row 4 in cycle 15.

    A window takes 9 taps and 2 folds, so 18 cycles, and a row of two of them 36. Its first sums leave with
    its last tap; one product at a time needs four registers.
    """
    layer = convolution(1, 2, 4, Window((3, 3)))
    first, second = layer.passage(Folding(), [evenly(0, 16, 4)])
    assert first == Passage(15 + 8 * 2 + 4, 15 + 36 + 4)
    assert second == Passage(51 + 8 * 2 + 4, 51 + 36 + 4)


def test_a_convolution_waits_for_rows_that_come_slowly() -> None:
    """Three taps at a time, of two channels: a window takes 6 cycles; six words at once need 7 registers."""
    layer = convolution(4, 1, 4, Window((3, 3)))
    first, second = layer.passage(Folding(2, 1, 1, 3), [evenly(0, 4000, 4)])
    assert first == Passage(2999 + 4 + 5 + 7, 2999 + 4 + 12 + 7)
    assert second == Passage(3999 + 4 + 5 + 7, 3999 + 4 + 12 + 7)


def test_a_convolution_of_single_positions_has_no_window_to_wait_for() -> None:
    """Every word is held for three folds, and a position is four of them."""
    layer = convolution(4, 3, 2, Window((1, 1)))
    first, second = layer.passage(Folding(), [evenly(0, 16, 2)])
    assert first == Passage(0 + 3 * 3 + 4, 24 + 4)
    assert second == Passage(24 + 3 * 3 + 4, 48 + 4)


def test_padding_above_is_what_a_row_of_windows_need_not_wait_for() -> None:
    """Two rows of padding above, none at the sides: the first row of 3 x 3 windows needs one row of words."""
    layer = convolution(1, 1, 4, Window((3, 3), (1, 1), (2, 0, 0, 0)))
    first, *_ = layer.passage(Folding(), [evenly(0, 400, 4)])
    assert first.first == 99 + 4 + 8 + 4
    # Two columns at the left and none above: three rows.
    wide = convolution(1, 1, 4, Window((3, 3), (1, 1), (0, 2, 0, 0)))
    first, *_ = wide.passage(Folding(), [evenly(0, 400, 4)])
    assert first.first == 299 + 4 + 8 + 4
