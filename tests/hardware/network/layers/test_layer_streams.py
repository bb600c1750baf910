"""Layers of every kind: streams that they take, how these are joined, and formats that they change to."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.small_layers import SUM, WORD, average_pooling, convolution, global_average, linear, pooling

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.diagram.diagram import Role
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.addition import Addition, sum_format
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window

from .test_layer_drawn import STAGE, drawn, filled, words_of

FOUR = FeatureMap(4, 6, 6, WORD)
ALIKE = [
    pooling(4, 6, Window((2, 2), (2, 2))),
    average_pooling(4, 6, Window((2, 2), (2, 2))),
    global_average(4, 6),
    Requantise("requantise", FOUR, FOUR),
    Relu("relu", FOUR, FOUR),
    Addition("sum", (FOUR, FOUR), FeatureMap(4, 6, 6, sum_format([WORD, WORD]))),
]
"""Layers that treat all of four channels alike."""


@pytest.mark.parametrize("layer", ALIKE, ids=lambda layer: layer.name)
def test_streams_of_layers_that_treat_channels_alike_divide_them(layer: Layer) -> None:
    assert layer.foldings() == [Folding(1, 1), Folding(2, 2), Folding(4, 4)]
    assert layer.folding_at(2) == Folding(2, 2)
    assert layer.folding_text(Folding(2, 2)) == "in 2 out 2"
    for folding in layer.foldings():
        layer.check_folding(folding)
    with pytest.raises(FpgaEeError, match=rf"^{layer.name} cannot be folded by coarse in 3 and out 3: they"):
        layer.check_folding(Folding(3, 3))
    with pytest.raises(FpgaEeError, match=f"^{layer.name} takes as many streams as it gives"):
        layer.check_folding(Folding(2, 4))


def fed(layer: Layer, entering: Stream, lanes: int) -> tuple[list[str], Stream]:
    """The modules by which a stream is joined to a layer, and what the layer reads."""
    drawing = Drawing()
    drawing.open(STAGE, Role.BACKBONE)
    read = layer.fed(drawing, entering, lanes)
    return [block.module.NAME for block in drawing.sections[0].blocks], read


@pytest.mark.parametrize("layer", [*ALIKE, convolution(4, 6, 6, Window((3, 3)))], ids=lambda each: each.name)
def test_what_takes_beats_as_they_come_is_joined_by_converters_alone(layer: Layer) -> None:
    modules, read = fed(layer, words_of(FOUR, 1), 2)
    assert modules == ["stream_widen"]
    assert (read.lanes, read.beats) == (2, 72)
    assert fed(layer, words_of(FOUR, 2), 2) == ([], words_of(FOUR, 2))


@pytest.mark.parametrize("layer", [linear(FOUR, 6), convolution(4, 6, 6, Window((1, 1)))], ids=str)
def test_what_holds_beats_for_folds_has_a_queue_behind_joined_beats(layer: Layer) -> None:
    modules, read = fed(layer, words_of(FOUR, 1), 2)
    assert modules == ["stream_widen", "stream_fifo"]
    assert (read.lanes, read.beats) == (2, 72)


@pytest.mark.parametrize(
    ("lanes", "narrowed", "modules"),
    [
        (2, 1, ["stream_fifo", "stream_narrow"]),
        (4, 1, ["stream_narrow"]),
        (2, 2, []),
        (1, 2, ["stream_widen"]),
    ],
)
def test_a_burst_of_parts_of_a_position_is_queued_before_it_is_narrowed(
    lanes: int, narrowed: int, modules: list[str]
) -> None:
    found, read = fed(Requantise("requantise", FOUR, FOUR), words_of(FOUR, lanes), narrowed)
    assert found == modules
    assert (read.lanes, read.beats) == (narrowed, 144 // narrowed)


def test_other_widths_are_those_of_words_and_of_sums() -> None:
    """Words become 10 bits wide, sums 30; weights are as wide as words."""
    wide, wider = replace(WORD, bits=10), replace(SUM, bits=30)
    for layer in (convolution(4, 6, 6, Window((3, 3))), linear(FOUR, 6)):
        found = filled(layer).widened(10, 30)
        assert (found.input.format, found.output.format) == (wide, wider)
        assert (found.weight_format, found.weight, found.bias) == (wide, None, None)
        assert (found.bias_format, replace(layer, bias_format=SUM).widened(10, 30).bias_format) == (
            None,
            replace(SUM, bits=10),
        )
    for average in (average_pooling(4, 6, Window((2, 2))), global_average(4, 6)):
        other = average.widened(10, 30)
        assert (other.input.format, other.output.format, other.weight_format) == (wide, wider, wide)
    rounding = Requantise("requantise", FeatureMap(4, 6, 6, SUM), FOUR).widened(10, 30)
    assert (rounding.input.format, rounding.output.format) == (wider, wide)
    for words in (pooling(4, 6, Window((2, 2))), Relu("relu", FOUR, FOUR)):
        assert (words.widened(10, 30).input.format, words.widened(10, 30).output.format) == (wide, wide)


NARROW = FixedPoint(5, signed=True, frac=2)


@pytest.mark.parametrize(
    "layer", [*ALIKE[:5], linear(FOUR, 6), convolution(4, 6, 6, Window((3, 3)))], ids=str
)
def test_a_layer_takes_the_format_that_enters(layer: Layer) -> None:
    fitted = layer.fitted([NARROW])
    assert (fitted.name, fitted.input) == (layer.name, replace(layer.input, format=NARROW))
    assert fitted.output == layer.output


def test_sums_have_room_for_a_product() -> None:
    """Of words of 14 and weights of 8 bits: 22, more than the 16 that the sums need."""
    wide = FixedPoint(14, signed=False, frac=4)
    for layer in (linear(FOUR, 6), convolution(4, 6, 6, Window((3, 3)))):
        assert layer.fitted([wide]).output.format == replace(SUM, bits=22)


def test_weights_that_are_unknown_or_floats_are_refused_by_the_layer() -> None:
    for layer in (linear(FOUR, 6), convolution(4, 6, 6, Window((3, 3)))):
        floats = replace(layer, weight=np.ones((6, layer.weights // 6)))
        for useless in (layer, floats):
            with pytest.raises(FpgaEeError, match=f"^{layer.name} has no integer weights"):
                drawn(useless, Folding(), [words_of(FOUR, 1)])


def test_only_a_relu_of_words_without_a_sign_passes_them_as_they_are() -> None:
    signed = FeatureMap(4, 6, 6, FixedPoint(8, signed=True, frac=4))
    built = [*ALIKE, linear(FOUR, 6), convolution(4, 6, 6, Window((1, 1))), Relu("signed", signed, signed)]
    assert [layer.name for layer in built if layer.passes] == ["relu"]
    assert Relu("relu", FOUR, FOUR) in built


def test_only_products_have_weights() -> None:
    """Averages are products with one constant."""
    assert [layer.weights for layer in ALIKE] == [0] * len(ALIKE)
    assert linear(FOUR, 6).weights == 4 * 6 * 6 * 6
    assert convolution(4, 6, 6, Window((3, 2)), groups=2).weights == 6 * (4 // 2) * 3 * 2
