"""A convolution: its groups, its interval, and when its rows pass."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from helpers.small_layers import CONVOLUTION, WORD, convolution, counted
from torch.nn import functional

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


@pytest.mark.parametrize(("channels", "filters"), [(8, 6), (6, 8)])
def test_groups_divide_both(channels: int, filters: int) -> None:
    maps = FeatureMap(channels, 8, 8, WORD), FeatureMap(filters, 8, 8, WORD)
    with pytest.raises(FpgaEeError, match=f"4 groups do not divide {channels} channels and {filters} filt"):
        Convolution("conv", *maps, Window((1, 1)), WORD, None, 4)


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


GROUPED = convolution(6, 12, 7, Window((3, 3), (2, 2), (1, 1, 1, 1)), groups=3)
"""Three groups of two channels and four filters."""


def test_groups_are_computed_one_at_a_time_in_parts_or_several_as_a_whole() -> None:
    """A stream goes channel by channel, so parts of several groups are never in one beat."""
    coarse = {(each.coarse_in, each.coarse_out, each.coarse_group) for each in GROUPED.foldings()}
    assert coarse == {*product((1, 2), (1, 2, 4), (1,)), (2, 4, 3)}
    assert {each.fine for each in GROUPED.foldings()} == {1, 3, 9}
    for folding in GROUPED.foldings():
        GROUPED.check_folding(folding)


@pytest.mark.parametrize("folding", GROUPED.foldings(), ids=str)
def test_a_convolution_in_groups_is_busy_for_the_products_of_its_groups(folding: Folding) -> None:
    assert GROUPED.interval(folding) == counted(GROUPED, folding)


@pytest.mark.parametrize(
    ("folding", "message"),
    [
        (Folding(2, 4, 2), "by coarse group 2: it must divide 3"),
        (Folding(3, 4), "by coarse in 3 and out 4: they must divide 2 and 4"),
        (
            Folding(2, 2, 3),
            "group 3 with coarse in 2 and out 2: several groups at once have all of their 2 ch",
        ),
        (Folding(2, 4, 3, 2), "fine 2 is not one of 1, 3, 9"),
    ],
)
def test_foldings_that_split_groups_otherwise_are_refused(folding: Folding, message: str) -> None:
    with pytest.raises(FpgaEeError, match=message):
        GROUPED.check_folding(folding)


def test_a_convolution_in_groups_gives_its_first_sums_behind_its_first_group() -> None:
    """Two groups of one channel at once, in two rounds: the second beat of a window is not waited for."""
    layer = convolution(4, 4, 4, Window((3, 3)), groups=4)
    first, second = layer.passage(Folding(1, 1, 2, 9), [evenly(0, 4000, 4)])
    assert first == Passage(2999 + 4 + 8, 2999 + 4 + 4 + 8)
    assert second == Passage(3999 + 4 + 8, 3999 + 4 + 4 + 8)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_sums_are_those_of_pytorch(groups: int) -> None:
    rng = np.random.default_rng(groups)
    shape = convolution(6, 12, 7, Window((3, 2), (2, 1), (1, 0, 2, 1)), groups)
    weight = rng.integers(-63, 64, (12, 6 // groups, 3, 2))
    layer = replace(shape, weight=weight, bias=rng.integers(-500, 500, 12))
    words = rng.integers(0, 256, (3, 7, 7, 6))
    padded = functional.pad(torch.from_numpy(np.moveaxis(words, 3, 1)), (0, 1, 1, 2))
    assert layer.bias is not None
    weights = torch.from_numpy(weight), torch.from_numpy(layer.bias)
    expected = functional.conv2d(padded, *weights, stride=(2, 1), groups=groups)
    np.testing.assert_array_equal(np.moveaxis(layer.computed([words]), 3, 1), expected.numpy())
