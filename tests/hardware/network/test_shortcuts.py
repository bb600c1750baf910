"""Words that wait where ways of different lengths join."""

import pytest

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layer_graph import LayerGraph, Node, chain_of
from fpga_ee.hardware.network.layers.addition import Addition, sum_format
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.shortcuts import waiting_words
from fpga_ee.hardware.network.window import Window

WORD = FixedPoint(8, signed=True, frac=4)


def image(channels: int, rows: int, cols: int) -> FeatureMap:
    return FeatureMap(channels, rows, cols, WORD)


def convolution(name: str, passing: FeatureMap, kernel: int) -> Convolution:
    window = Window((kernel, kernel), padding=(kernel // 2,) * 4)
    return Convolution(name, passing, passing, window, FixedPoint(7, signed=True, frac=6), None)


def residual(passing: FeatureMap, kernels: tuple[int, ...], shortcut: int | None = None) -> LayerGraph:
    """Convolutions beside a shortcut: the input, or a convolution of its own."""
    nodes = []
    source: str | None = None
    for number, kernel in enumerate(kernels):
        layer = convolution(f"conv{number}", passing, kernel)
        nodes.append(Node(layer, (source,)))
        source = layer.name
    beside = None
    if shortcut is not None:
        nodes.append(Node(convolution("shortcut", passing, shortcut), (None,)))
        beside = "shortcut"
    sums = FeatureMap(passing.channels, passing.rows, passing.cols, sum_format([WORD, WORD]))
    nodes.append(Node(Addition("sum", (passing, passing), sums), (source, beside)))
    return LayerGraph(tuple(nodes))


@pytest.mark.parametrize("kernels", [(1,), (3,), (5,), (3, 3), (3, 5)])
def test_the_shortcut_waits_for_the_rows_that_windows_need_and_what_registers_hold(
    kernels: tuple[int, ...],
) -> None:
    passing = image(4, 16, 16)
    waiting = waiting_words(residual(passing, kernels))
    assert waiting["sum", 0] == 0
    rows = sum(kernel // 2 for kernel in kernels)
    words = rows * 16 * 4
    # Windows are read once the last row that they need is whole. A layer's registers hold under 20 positions.
    assert words < waiting["sum", 1] < words + len(kernels) * (16 + 20) * 4


def test_the_way_with_the_larger_window_is_the_longer_whichever_comes_first() -> None:
    passing = image(3, 12, 12)
    one, other = residual(passing, (3,), shortcut=5), residual(passing, (5,), shortcut=3)
    assert waiting_words(one)["sum", 0] == waiting_words(other)["sum", 1] > 12 * 3
    assert waiting_words(one)["sum", 1] == waiting_words(other)["sum", 0] == 0


def test_ways_of_one_length_wait_for_nothing() -> None:
    waiting = waiting_words(residual(image(3, 12, 12), (3,), shortcut=3))
    assert set(waiting.values()) == {0}


def test_samples_that_come_while_the_last_one_waits_are_counted() -> None:
    """The window of 7 needs 3 rows more than there are, so that several samples wait."""
    passing = image(2, 4, 32)
    assert waiting_words(residual(passing, (7, 7, 7)))["sum", 1] > passing.words


def test_what_does_not_join_has_no_queue() -> None:
    passing = image(2, 4, 4)
    assert waiting_words(chain_of([convolution("conv", passing, 3), Relu("relu", passing, passing)])) == {}
