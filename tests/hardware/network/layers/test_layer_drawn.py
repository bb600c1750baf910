"""Layers of every kind as blocks: what they read and give, are made of, and what is written above them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from helpers.small_layers import SUM, WORD, average_pooling, convolution, global_average, linear, pooling

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Block, Role
from fpga_ee.hardware.diagram.module import LibraryModule, parameters
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.average import AverageModule
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.linear import LinearModule
from fpga_ee.hardware.library.requantise import RequantiseModule
from fpga_ee.hardware.library.sliding_window import SlidingWindow
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.addition import Addition, sum_format
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window

STAGE = 2


def words_of(feature_map: FeatureMap, lanes: int, name: str = "words") -> Stream:
    """A feature map as a stream of ``lanes`` words a beat."""
    word = feature_map.format
    return Stream(name, lanes, word.bits, word.signed, feature_map.words // lanes, STAGE)


def drawn(layer: Layer, folding: Folding, entering: Sequence[Stream]) -> tuple[list[Block], Stream]:
    """The blocks of a layer, and the stream that it gives."""
    drawing = Drawing()
    drawing.open(STAGE, Role.BACKBONE)
    leaving = layer.drawn(drawing, "it", folding, entering)
    (section,) = drawing.sections
    return [*section.blocks], leaving


def check_line(blocks: list[Block], entering: Stream, leaving: Stream) -> None:
    """Each block reads what the one before gives."""
    assert blocks[0].inputs == {"in": entering}
    assert all(after.inputs == {"in": before.outputs["out"]} for before, after in pairwise(blocks))
    assert blocks[-1].outputs == {"out": leaving}


def sizes(module: LibraryModule) -> dict[str, int]:
    return {name: value for name, value in parameters(module).items() if isinstance(value, int)}


def numbers(image: Image | TopConstant, bits: int) -> list[list[int]]:
    """The signed numbers of each line of a memory, the lowest first."""
    lines = [image.value] if isinstance(image, TopConstant) else image.words
    raw = [[line >> at & ((1 << bits) - 1) for at in range(0, image.width, bits)] for line in lines]
    return [[word - (word >> (bits - 1) << bits) for word in line] for line in raw]


def filled(layer: Convolution | Linear) -> Convolution | Linear:
    """A layer with weights and biases that are all different, as far as eight bits go."""
    filters = layer.output.channels
    count = layer.weights // filters
    weight = (np.arange(layer.weights).reshape(filters, count) * 7 % 255 - 127).astype(np.int64)
    if isinstance(layer, Convolution):
        weight = weight.reshape(filters, -1, *layer.window.kernel)
    return replace(layer, weight=weight, bias=np.arange(filters) * 100 - 150)


def test_a_convolution_is_one_block_with_a_line_of_weights_for_each_beat_and_fold() -> None:
    """3 x 3 windows of 4 channels and 6 filters, two and three at a time, and a column of taps at once."""
    layer = filled(convolution(4, 6, 7, Window((3, 3), (2, 2), (1, 1, 1, 1))))
    assert layer.weight is not None
    assert layer.bias is not None
    entering = words_of(layer.input, 2)
    (block,), leaving = drawn(layer, Folding(2, 3, 1, 3), [entering])
    check_line([block], entering, leaving)
    assert leaving == Stream("it_sums", 3, 16, True, 4 * 4 * 2, STAGE, layer.name)
    assert block.name == "it"
    assert block.interval == 16 * 2 * 3 * 2
    assert block.note == f"4x7x7 {WORD} -> 6x4x4 {SUM}; coarse in 2, out 3, fine 3; 192 cycles"
    module = block.module
    assert isinstance(module, ConvolutionModule)
    assert sizes(module).items() >= {
        "LANES_IN": 2, "LANES_OUT": 3, "GROUPS": 2, "FOLDS": 2, "BANK_ROWS": 3, "BANK_COLS": 1, "SLOTS": 2,
        "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 8, "SUM_BITS": 16, "OUT_ROWS": 4, "OUT_COLS": 4,
        "STRIDE_ROWS": 2, "STRIDE_COLS": 2, "PAD_TOP": 1, "PAD_LEFT": 1,
    }.items()  # fmt: skip
    assert module.bias.file == "it.bias.hex"
    assert numbers(module.bias, 16) == [[-150, -50, 50], [150, 250, 350]]
    assert isinstance(module.weights, Image)
    assert module.weights.file == "it.weights.hex"
    assert numbers(module.weights, 8) == [
        [
            layer.weight[3 * fold + lane, 2 * beat + channel, row, col]
            for lane, row, channel in product(range(3), range(3), range(2))
        ]
        for beat, col, fold in product(range(2), range(3), range(2))
    ]


def test_groups_at_once_have_their_weights_side_by_side() -> None:
    """Six channels and filters in three groups, all of them at once: a line is the whole layer."""
    layer = filled(convolution(6, 6, 5, Window((1, 1), (2, 2)), groups=3))
    assert layer.weight is not None
    (block,), leaving = drawn(layer, Folding(2, 2, 3), [words_of(layer.input, 6)])
    assert (leaving.lanes, leaving.beats) == (6, 9)
    assert "coarse in 2, out 2, group 3, fine 1" in block.note
    assert sizes(block.module).items() >= {"BLOCKS": 3, "ROUNDS": 1, "LANES_IN": 2, "LANES_OUT": 2}.items()
    weights = block.module.weights  # type: ignore[attr-defined] - of every kind of convolution
    assert weights.name == "it_weights"
    assert numbers(weights, 8) == [
        [layer.weight[2 * group + lane, channel, 0, 0] for lane in range(2) for group in range(3)
         for channel in range(2)]
    ]  # fmt: skip


def test_a_convolution_of_single_positions_is_a_linear_layer_of_each() -> None:
    layer = filled(convolution(4, 6, 5, Window((1, 1))))
    (block,), leaving = drawn(layer, Folding(2, 3), [words_of(layer.input, 2)])
    module = block.module
    assert isinstance(module, LinearModule)
    assert (module.words, module.lanes, module.beats, module.folds) == (2, 3, 2, 2)
    assert (leaving.beats, block.interval) == (50, 25 * 2 * 2)


def test_a_linear_layer_reads_the_channels_of_each_position_together() -> None:
    """A file flattens channel by channel, and a stream gives position by position."""
    layer = filled(linear(FeatureMap(4, 2, 3, WORD), 6))
    assert layer.weight is not None
    entering = words_of(layer.input, 2)
    (block,), leaving = drawn(layer, Folding(2, 3), [entering])
    check_line([block], entering, leaving)
    assert leaving == Stream("it_sums", 3, 16, True, 2, STAGE, layer.name)
    assert (block.name, block.interval) == ("it", 12 * 2)
    assert block.note == f"4x2x3 {WORD} -> 6x1x1 {SUM}; coarse in 2, out 3, fine 1; 24 cycles"
    module = block.module
    assert isinstance(module, LinearModule)
    assert sizes(module) == {
        "WORDS": 2, "LANES": 3, "BEATS": 12, "FOLDS": 2, "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 8,
        "SUM_BITS": 16,
    }  # fmt: skip
    assert numbers(module.bias, 16) == [[-150, -50, 50], [150, 250, 350]]
    assert isinstance(module.weights, Image)
    by_position = layer.weight.reshape(6, 4, 6)
    assert numbers(module.weights, 8) == [
        [
            by_position[3 * fold + lane, 2 * beat + channel, position]
            for lane, channel in product(range(3), range(2))
        ]
        for position, beat, fold in product(range(6), range(2), range(2))
    ]


def test_a_pooling_is_one_block() -> None:
    layer = pooling(4, 6, Window((2, 2), (2, 2)))
    entering = words_of(layer.input, 2)
    (block,), leaving = drawn(layer, Folding(2, 2), [entering])
    check_line([block], entering, leaving)
    assert leaving == Stream("it_words", 2, 8, False, 9 * 2, STAGE, layer.name)
    assert (block.name, block.interval) == ("it", 36 * 2)
    assert block.note == f"4x6x6 {WORD} -> 4x3x3 {WORD}; coarse in 2, out 2, fine 1; 72 cycles"
    # Tap by tap, four times as many as windows.
    assert sizes(block.module).items() >= {"LANES": 2, "BITS": 8, "SIGNED": 0, "BANK_ROWS": 1}.items()


def test_an_average_pooling_is_a_window_and_an_average() -> None:
    layer = average_pooling(4, 6, Window((2, 2), (2, 2)))
    entering = words_of(layer.input, 2)
    (window, average), leaving = drawn(layer, Folding(2, 2), [entering])
    check_line([window, average], entering, leaving)
    assert (window.name, average.name) == ("it_window", "it")
    assert window.outputs["out"] == Stream("it_windows", 2, 8, False, 9 * 2 * 4, STAGE, None)
    assert leaving == Stream("it_averages", 2, 16, True, 9 * 2, STAGE, layer.name)
    assert (window.interval, average.interval) == (72, 72)
    assert window.note == f"4x6x6 {WORD} -> 4x3x3 {SUM}; coarse in 2, out 2, fine 1; 72 cycles"
    assert isinstance(window.module, SlidingWindow)
    assert window.module.pad_word == 0
    assert isinstance(average.module, AverageModule)
    # 4 * 255 has ten bits.
    assert sizes(average.module) == {
        "LANES": 2, "TAPS": 1, "GROUPS": 1, "BEATS": 4, "BITS": 8, "SIGNED": 0, "SUM_BITS": 11, "FACTOR": 3,
        "OUT_BITS": 16,
    }  # fmt: skip


def test_a_global_average_is_one_block_without_a_window() -> None:
    layer = global_average(6, 5)
    entering = words_of(layer.input, 2)
    (block,), leaving = drawn(layer, Folding(2, 2), [entering])
    check_line([block], entering, leaving)
    assert leaving == Stream("it_averages", 2, 16, True, 3, STAGE, layer.name)
    assert (block.name, block.interval) == ("it", 75)
    assert block.note == f"6x5x5 {WORD} -> 6x1x1 {SUM}; coarse in 2, out 2, fine 1; 75 cycles"
    # 25 * 255 has 13 bits.
    assert sizes(block.module) == {
        "LANES": 2, "TAPS": 1, "GROUPS": 3, "BEATS": 25, "BITS": 8, "SIGNED": 0, "SUM_BITS": 14, "FACTOR": 3,
        "OUT_BITS": 16,
    }  # fmt: skip


@pytest.mark.parametrize(("channels", "depth"), [(6, 16), (40, 20)])
def test_a_requantisation_is_a_block_and_a_queue_for_a_position(channels: int, depth: int) -> None:
    sums, words = FeatureMap(channels, 3, 3, SUM), FeatureMap(channels, 3, 3, WORD)
    layer = Requantise("requantise", sums, words).clipped(0.5, 6.0)
    entering = words_of(sums, 2)
    (block, queue), leaving = drawn(layer, Folding(2, 2), [entering])
    check_line([block, queue], entering, leaving)
    beats = 9 * channels // 2
    assert leaving == Stream("it_words", 2, 8, False, beats, STAGE, layer.name)
    assert block.outputs["out"] == replace(leaving, base="it_raw", layer=None)
    assert (block.name, block.note, block.interval) == ("it", f"{SUM} -> {WORD}", beats)
    # On a grid of 1/16, the bounds are 8 and 96.
    assert block.module == RequantiseModule(2, in_bits=16, out_bits=8, shift=4, low=8, high=96)
    assert sizes(queue.module) == {"WIDTH": 16, "DEPTH": depth}


def test_a_relu_limits_signed_words_at_zero_and_is_nothing_for_others() -> None:
    signed = FixedPoint(8, signed=True, frac=4)
    maps = FeatureMap(2, 3, 3, signed)
    entering = words_of(maps, 2)
    (block, _), leaving = drawn(Relu("relu", maps, maps), Folding(2, 2), [entering])
    assert block.module == RequantiseModule(2, in_bits=8, out_bits=8, shift=0, low=0, high=127)
    assert (block.name, leaving.layer) == ("it", "relu")
    unsigned = FeatureMap(2, 3, 3, WORD)
    passing = words_of(unsigned, 2)
    assert drawn(Relu("relu", unsigned, unsigned), Folding(2, 2), [passing]) == ([], passing)


def test_an_addition_of_three_is_two_blocks_on_the_finest_grid() -> None:
    formats = [FixedPoint(8, signed=False, frac=4), FixedPoint(6, signed=True, frac=6), WORD]
    maps = [FeatureMap(4, 3, 3, each) for each in formats]
    whole = FeatureMap(4, 3, 3, sum_format(formats))
    entering = [words_of(each, 2, name) for each, name in zip(maps, "xyz", strict=True)]
    (first, second), leaving = drawn(Addition("sum", tuple(maps), whole), Folding(2, 2), entering)
    x, y, z = entering
    part = first.outputs["out"]
    assert (first.name, second.name) == ("it_part_1", "it")
    assert (first.inputs, second.inputs) == ({"a": x, "b": y}, {"a": part, "b": z})
    # 255 / 16 + 31 / 64 is 1051 / 64, which has 11 bits; with another 1020 it has 12.
    assert part == Stream("it_part_1_words", 2, 12, True, 18, STAGE, None)
    assert leaving == Stream("it_words", 2, 13, True, 18, STAGE, "sum")
    assert (first.interval, second.interval) == (18, 18)
    assert first.note == f"{formats[0]} + {formats[1]} -> {sum_format(formats[:2])}"
    assert sizes(first.module) == {
        "LANES": 2, "A_BITS": 8, "A_SIGNED": 0, "A_SHIFT": 2, "B_BITS": 6, "B_SIGNED": 1, "B_SHIFT": 0,
        "SUM_BITS": 12,
    }  # fmt: skip
    assert sizes(second.module) == {
        "LANES": 2, "A_BITS": 12, "A_SIGNED": 1, "A_SHIFT": 0, "B_BITS": 8, "B_SIGNED": 0, "B_SHIFT": 2,
        "SUM_BITS": 13,
    }  # fmt: skip
