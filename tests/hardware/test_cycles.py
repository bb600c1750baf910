"""The interval of a layer is a count of what its machines do, one step after another."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import ceil

import pytest
from helpers.networks import B_LENET_FCN, B_LENET_SE
from helpers.strategies import layers
from hypothesis import given

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.fpgaconvnet.cycles import first_output_after, interval, passage, registers
from fpga_ee.hardware.fpgaconvnet.foldings import feasible
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage


def windows_completed(layer: Convolution | Pooling, window: Window) -> Iterator[bool]:
    """Walk the padded input in raster order and tell where a window is complete."""
    rows, cols = window.padded(layer.input.rows, layer.input.cols)
    for row, col in product(range(rows), range(cols)):
        top, left = row - window.kernel[0] + 1, col - window.kernel[1] + 1
        yield top >= 0 and left >= 0 and top % window.stride[0] == 0 and left % window.stride[1] == 0


def counted_interval(layer: Layer, folding: Folding) -> int:
    """Cycles of the busiest machine of a layer, counted step by step."""
    words_per_stream = ceil(layer.input.words / folding.streams_in)
    match layer:
        case Convolution():
            per_group_in = layer.input.channels // layer.groups
            per_group_out = layer.output.channels // layer.groups
            steps = [
                (channel, filter_, group, tap)
                for channel in range(0, per_group_in, folding.coarse_in)
                for filter_ in range(0, per_group_out, folding.coarse_out)
                for group in range(0, layer.groups, folding.coarse_group)
                for tap in range(0, layer.window.taps, folding.fine)
            ]
            shifts = len(range(0, layer.input.channels, folding.streams_in))
            completed = list(windows_completed(layer, layer.window))
            return max(sum(completed) * len(steps), len(completed) * shifts)
        case Pooling():
            positions = sum(1 for _ in windows_completed(layer, layer.window))
            return positions * len(range(0, layer.input.channels, folding.streams_in))
        case Linear():
            return words_per_stream * len(range(0, layer.output.channels, folding.coarse_out))
        case _:
            return words_per_stream


def all_layers(network: HardwareGraph) -> list[Layer]:
    return [layer for stage in network.stages for layer in stage.layers]


@pytest.mark.parametrize("network", [B_LENET_FCN, B_LENET_SE], ids=lambda network: network.name)
def test_every_folding_of_every_layer_takes_the_counted_cycles(network: HardwareGraph) -> None:
    walked = 0
    for layer in all_layers(network):
        for folding in feasible(layer):
            assert interval(layer, folding) == counted_interval(layer, folding), (layer.name, folding)
            walked += 1
    assert walked == sum(len(feasible(layer)) for layer in all_layers(network)) > 200


@given(layers())
def test_so_does_any_layer(layer: Layer) -> None:
    for folding in feasible(layer):
        assert interval(layer, folding) == counted_interval(layer, folding)


def test_the_first_convolution_cannot_go_below_its_padded_positions() -> None:
    """36 x 36 padded positions at one window per cycle; the published design has the same bound."""
    layer = B_LENET_FCN.stages[0].backbone.layers[0]
    assert min(interval(layer, folding) for folding in feasible(layer)) == 36 * 36


def test_unfolded_layers_take_one_product_per_cycle() -> None:
    cycles = {layer.name: interval(layer, Folding()) for layer in all_layers(B_LENET_FCN)}
    assert cycles["backbone.0.layer.0"] == 32 * 32 * 5 * 25
    assert cycles["exits.0.0.layer.0"] == 16 * 16 * 5 * 10 * 9
    assert cycles["exits.0.2"] == 640 * 10
    assert cycles["backbone.1.0.layer.0"] == 20 * 20 * 5 * 10 * 25
    assert cycles["backbone.1.1.layer.0"] == 12 * 12 * 10 * 20 * 25
    assert cycles["backbone.1.3"] == 720 * 84
    assert cycles["exits.1.0"] == 84 * 10


@given(layers())
def test_a_layer_alone_is_done_after_its_interval_and_its_registers(layer: Layer) -> None:
    for folding in feasible(layer):
        left = passage(layer, folding, Passage(0, 0))
        assert left.last == interval(layer, folding) + registers(layer, folding)
        filled = ceil(first_output_after(layer) * interval(layer, folding))
        assert left.first == filled + registers(layer, folding) <= left.last


@given(layers())
def test_slow_input_delays_the_result_but_is_not_added_to_it(layer: Layer) -> None:
    for folding in feasible(layer):
        late = 2 * interval(layer, folding)
        assert passage(layer, folding, Passage(0, late)).last == late + registers(layer, folding)


@given(layers())
def test_cycles_are_whole_numbers(layer: Layer) -> None:
    for folding in feasible(layer):
        left = passage(layer, folding, Passage(0, 7))
        found = (interval(layer, folding), registers(layer, folding), left.first, left.last)
        assert [type(cycles) for cycles in found] == [int] * 4


@pytest.mark.parametrize("kind", [Convolution, Pooling])
def test_a_window_is_full_after_all_rows_but_its_last_and_that_up_to_its_width(
    kind: type[Convolution | Pooling],
) -> None:
    """2 x 3 windows over 4 x 5 positions with one more row, and a column more at each side: 7 + 3 of 35."""
    word = FixedPoint(8, signed=False, frac=4)
    window = Window((2, 3), (1, 1), (1, 1, 0, 1))
    maps = FeatureMap(1, 4, 5, word), FeatureMap(1, *window.output(4, 5), word)
    formats = (word, None) if kind is Convolution else ()
    layer = kind("layer", *maps, window, *formats)
    assert first_output_after(layer) == Fraction(7 + 3, 35)


def test_a_linear_layer_needs_its_whole_input_and_the_others_a_word() -> None:
    word = FixedPoint(8, signed=False, frac=4)
    maps = FeatureMap(6, 1, 1, word)
    linear = Linear("linear", maps, maps, word, None)
    found = [
        first_output_after(layer) for layer in (linear, Relu("r", maps, maps), Requantise("q", maps, maps))
    ]
    assert found == [1, 0, 0]


def test_registers_are_those_of_the_parts_that_a_word_passes() -> None:
    """Two at the ends; a multiplier's three; a level for each doubling of what is added or compared."""
    word = FixedPoint(8, signed=False, frac=4)
    maps = FeatureMap(6, 4, 4, word)
    linear = Linear("linear", maps, maps, word, None)
    assert [registers(linear, Folding(words)) for words in (1, 2, 3, 6)] == [5, 6, 7, 8]
    assert registers(Convolution("c", maps, maps, Window((3, 3)), word, None), Folding(2, 1, 1, 9)) == 5 + 5
    assert registers(Pooling("p", maps, maps, Window((2, 2))), Folding()) == 2 + 2
    assert (
        registers(Requantise("q", maps, maps), Folding()),
        registers(Relu("r", maps, maps), Folding()),
    ) == (3, 1)
