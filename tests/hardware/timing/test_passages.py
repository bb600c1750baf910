"""When the rows of a sample pass a layer of the library, and how long it is busy, by the cycle model."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1
from fpga_ee.hardware.library.exit_merge import ExitMerge
from fpga_ee.hardware.library.linear import sum_latency
from fpga_ee.hardware.memory_image import Image
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, evenly, worked_on
from fpga_ee.hardware.timing.windows import rows_of_windows

WORD, SUM = FixedPoint(8, signed=False, frac=4), FixedPoint(16, signed=True, frac=8)


def convolution(channels: int, filters: int, side: int, window: Window) -> Convolution:
    rows, cols = window.output(side, side)
    maps = FeatureMap(channels, side, side, WORD), FeatureMap(filters, rows, cols, SUM)
    return Convolution("convolution", *maps, window, WORD, None)


def pooling(channels: int, side: int, window: Window) -> Pooling:
    rows, cols = window.output(side, side)
    return Pooling(
        "pooling", FeatureMap(channels, side, side, WORD), FeatureMap(channels, rows, cols, WORD), window
    )


def linear(inputs: FeatureMap, outputs: int) -> Linear:
    return Linear("linear", inputs, FeatureMap(outputs, 1, 1, SUM), WORD, None)


def test_a_pooling_that_leaves_its_last_row_out_waits_for_it() -> None:
    """The rows of a sample are free again only together with its last windows."""
    layer = pooling(1, 11, Window((2, 2), (2, 2)))
    (*before, last) = layer.passage(Folding(), [evenly(0, 11_000, 11)])
    assert before[-1].last < 9_000
    assert last.first > 11_000


@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    top_padding=st.integers(0, 4),
    bottom_padding=st.integers(0, 4),
    rows=st.integers(1, 9),
)
def test_a_row_of_windows_waits_for_rows_that_it_covers_and_frees_those_that_no_later_one_covers(
    kernel: int, stride: int, top_padding: int, bottom_padding: int, rows: int
) -> None:
    outputs = (rows + top_padding + bottom_padding - kernel) // stride + 1
    if outputs < 1:
        return
    needs, frees = rows_of_windows(kernel, stride, top_padding, rows, outputs)
    for index in range(outputs):
        top, below = index * stride - top_padding, (index + 1) * stride - top_padding
        covered = [row for row in range(rows) if top <= row < top + kernel]
        passed = [row for row in range(rows) if row < below or index + 1 == outputs]
        assert frees[index] == len(passed)
        # One row at least where a window is all padding above, all of them where it is all padding below.
        last = covered[-1] + 1 if covered else 1 if top < 0 else rows
        assert needs[index] == max(last, len(passed))


def counted(layer: Layer, folding: Folding) -> int:
    """Cycles of the busiest machine of a layer, counted beat by beat."""
    written = len(range(0, layer.input.words, folding.streams_in))
    groups = range(0, layer.input.channels, folding.streams_in)
    positions = list(product(range(layer.output.rows), range(layer.output.cols)))
    match layer:
        case Convolution(window=window):
            taps, folds = (
                range(0, window.taps, folding.fine),
                range(0, layer.output.channels, folding.coarse_out),
            )
            return max(len([*product(positions, groups, taps, folds)]), written)
        case Linear():
            return written * len(range(0, layer.output.channels, folding.coarse_out))
        case _:
            return written


CONVOLUTION = convolution(4, 6, 7, Window((3, 3), (2, 2), (1, 1, 1, 1)))


@pytest.mark.parametrize(
    "folding",
    [Folding(), Folding(2, 3, 1, 3), Folding(4, 2), Folding(1, 6, 1, 9), Folding(4, 6, 1, 9)],
    ids=str,
)
def test_a_convolution_is_busy_for_every_product_or_every_word(folding: Folding) -> None:
    assert CONVOLUTION.interval(folding) == counted(CONVOLUTION, folding)


def test_where_all_is_done_at_once_a_layer_is_busy_for_as_long_as_words_come() -> None:
    assert CONVOLUTION.interval(Folding(1, 6, 1, 9)) == max(4 * 4 * 4, 7 * 7 * 4) == 196


@pytest.mark.parametrize("folding", [Folding(), Folding(2, 5), Folding(12, 1)], ids=str)
def test_a_linear_layer_is_busy_for_every_word_and_part_of_its_sums(folding: Folding) -> None:
    layer = linear(FeatureMap(12, 2, 2, WORD), 10)
    assert layer.interval(folding) == counted(layer, folding)


@pytest.mark.parametrize("kind", [Relu, Requantise])
def test_what_passes_words_on_is_busy_for_every_beat(kind: type[Relu | Requantise]) -> None:
    maps = FeatureMap(6, 3, 5, SUM)
    assert kind("layer", maps, maps).interval(Folding(2, 2)) == 45


@pytest.mark.parametrize("window", [Window((2, 2), (2, 2)), Window((3, 3), (2, 2)), Window((3, 3))], ids=str)
def test_a_pooling_reads_so_many_taps_at_a_time_that_it_is_as_fast_as_its_words_come(window: Window) -> None:
    assert pooling(4, 7, window).interval(Folding(2, 2)) == 7 * 7 * 2


def test_a_pooling_that_reads_its_whole_windows_is_busy_for_all_of_them() -> None:
    """Padding makes more windows than words: 6 x 6 of them over 4 x 4 words, of each of two channels."""
    layer = pooling(2, 4, Window((3, 3), (1, 1), (2, 2, 2, 2)))
    assert layer.interval(Folding()) == 36 * 2


def test_a_pooling_waits_for_every_word_where_its_windows_are_few() -> None:
    assert pooling(3, 6, Window((2, 2), (4, 4))).interval(Folding()) == 6 * 6 * 3


def test_entropy_takes_two_cycles_more_to_look_its_bound_up() -> None:
    table = Image("table.hex", 17, (0,))
    sizes = {"bits": 16, "classes": 10, "id_bits": 16, "entries": 1, "table_bits": 17, "exponentials": table}
    top1 = ExitDecisionTop1(**sizes, bound=0)
    entropy = ExitDecisionEntropy(**sizes, shift=0, bound_entries=1, weighted=table, bounds=table)
    assert [decision.sample_interval(beats=10) for decision in (top1, entropy)] == [10, 12]


def test_a_result_leaves_word_by_word_after_a_cycle_of_choosing() -> None:
    merge = ExitMerge(exits=2, bits=16, classes=10, id_bits=16, label_bits=8, exit_bits=8)
    assert merge.sample_interval(beats=10) == 11


def test_sums_take_four_registers_and_one_for_every_level_of_the_tree() -> None:
    assert [sum_latency(words) for words in (1, 2, 3, 4, 9, 16, 17)] == [4, 5, 6, 6, 8, 8, 9]


def test_rows_that_pass_steadily_follow_each_other_without_a_gap() -> None:
    assert evenly(10, 20, 3) == [Passage(10, 13), Passage(13, 16), Passage(16, 20)]


def test_a_row_is_begun_when_the_one_before_is_done_and_ends_no_sooner_than_its_last_beat() -> None:
    """Five beats in two rows: two in the first, three in the second, each held for 10 cycles."""
    assert worked_on([Passage(0, 2), Passage(5, 8)], 5, 10) == [Passage(0, 20), Passage(20, 50)]
    # Beats that come slowly: the last of them is held from when it comes.
    assert worked_on([Passage(0, 100), Passage(105, 200)], 5, 10) == [Passage(0, 109), Passage(109, 209)]


def test_a_linear_layer_gives_its_sums_while_its_last_beat_is_held() -> None:
    """16 beats of 2 words, each held for 5 folds; two words need five registers."""
    layer = linear(FeatureMap(8, 2, 2, WORD), 10)
    (only,) = layer.passage(Folding(2, 2), [[Passage(0, 8), Passage(8, 16)]])
    assert only == Passage(16 * 5 - 5 + 5, 16 * 5 + 5)


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


def test_a_pooling_gives_a_row_as_soon_as_it_is_compared() -> None:
    """Four words a window, tap by tap, of each of two groups of channels; three registers behind the last."""
    layer = pooling(2, 4, Window((2, 2), (2, 2)))
    first, second = layer.passage(Folding(), [evenly(0, 32, 4)])
    assert first == Passage(15 + 4 + 3 + 3, 15 + 4 + 2 * 2 * 4 + 3)
    assert second == Passage(31 + 4 + 3 + 3, 31 + 4 + 2 * 2 * 4 + 3)


@pytest.mark.parametrize("kind", [Relu, Requantise])
def test_what_rounds_or_limits_takes_three_registers_and_a_queue(kind: type[Relu | Requantise]) -> None:
    maps = FeatureMap(2, 2, 2, SUM)
    assert kind("layer", maps, maps).passage(Folding(), [evenly(0, 8, 2)]) == [Passage(5, 9), Passage(9, 13)]


def test_a_relu_of_words_without_a_sign_is_no_hardware() -> None:
    maps = FeatureMap(2, 2, 2, WORD)
    rows = evenly(3, 30, 2)
    assert Relu("relu", maps, maps).passage(Folding(), [rows]) == rows


def test_padding_above_is_what_a_row_of_windows_need_not_wait_for() -> None:
    """Two rows of padding above, none at the sides: the first row of 3 x 3 windows needs one row of words."""
    layer = convolution(1, 1, 4, Window((3, 3), (1, 1), (2, 0, 0, 0)))
    first, *_ = layer.passage(Folding(), [evenly(0, 400, 4)])
    assert first.first == 99 + 4 + 8 + 4
    # Two columns at the left and none above: three rows.
    wide = convolution(1, 1, 4, Window((3, 3), (1, 1), (0, 2, 0, 0)))
    first, *_ = wide.passage(Folding(), [evenly(0, 400, 4)])
    assert first.first == 299 + 4 + 8 + 4


def test_cycles_are_whole_numbers() -> None:
    maps = FeatureMap(4, 6, 6, SUM)
    layers: list[Layer] = [
        CONVOLUTION,
        convolution(4, 6, 7, Window((1, 1))),
        pooling(4, 6, Window((2, 2), (2, 2))),
        linear(FeatureMap(4, 6, 6, WORD), 6),
        Requantise("requantise", maps, maps),
    ]
    for layer in layers:
        rows = layer.passage(Folding(2, 2), [evenly(0, 1000, layer.input.rows)])
        found = [
            layer.interval(Folding(2, 2)),
            *(cycles for row in rows for cycles in (row.first, row.last)),
        ]
        assert {type(cycles) for cycles in found} == {int}, layer.name
