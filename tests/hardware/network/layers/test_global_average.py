"""A global average: its sums, its interval, when they pass, and that it keeps no feature map."""

import numpy as np
from helpers.small_layers import average_pooling, global_average

from fpga_ee.hardware.diagram.diagram import Role
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.average import AverageModule
from fpga_ee.hardware.library.sliding_window import SlidingWindow
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, evenly


def test_a_global_average_is_that_of_a_window_over_everything() -> None:
    words = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 5))
    one, other = global_average(5, 4, factor=7), average_pooling(5, 4, Window((4, 4)), factor=7)
    np.testing.assert_array_equal(one.computed([words]), other.computed([words]))


def test_a_global_average_is_busy_while_its_words_come() -> None:
    assert global_average(6, 5).interval(Folding(2, 2)) == 75


def test_a_global_average_gives_all_channels_behind_the_last_position() -> None:
    layer = global_average(6, 2)
    assert layer.passage(Folding(2, 2), [evenly(0, 12, 2)]) == [Passage(12 - 3 + 2, 12 + 2)]


def test_no_feature_map_is_kept() -> None:
    """Of a global average only sums are; a pooling keeps rows of its windows."""
    drawn = Drawing()
    drawn.open(0, Role.BACKBONE)
    words = Stream("words", 2, 8, signed=False, beats=75, stage=0)
    global_average(6, 5).drawn(drawn, "a", Folding(2, 2), [words])
    average_pooling(6, 5, Window((2, 2), (2, 2))).drawn(drawn, "b", Folding(2, 2), [words])
    assert [type(block.module) for block in drawn.sections[0].blocks] == [
        AverageModule, SlidingWindow, AverageModule,
    ]  # fmt: skip
    whole, _, under = (block.module for block in drawn.sections[0].blocks)
    assert isinstance(whole, AverageModule)
    assert isinstance(under, AverageModule)
    assert (whole.groups, whole.beats, whole.sum_bits) == (3, 25, 14)
    assert (under.groups, under.beats, under.sum_bits) == (1, 4, 11)
