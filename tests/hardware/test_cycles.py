"""The interval of a layer is a count of what its machines do, one step after another."""

from collections.abc import Iterator
from itertools import product
from math import ceil

import pytest
from hypothesis import given

from fpga_ee.hardware.cycles import Passage, interval, passage, pipeline_depth, registers
from fpga_ee.hardware.folding import Folding, feasible
from fpga_ee.hardware.graph import Convolution, HardwareGraph, Layer, Linear, Pooling, Window

from .networks import B_LENET_FCN, B_LENET_SE
from .strategies import layers


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
    return [layer for stage in network.stages for layer in stage.backbone + stage.exit]


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
    layer = B_LENET_FCN.stages[0].backbone[0]
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
        assert left.first == pipeline_depth(layer, folding) <= left.last


@given(layers())
def test_slow_input_delays_the_result_but_is_not_added_to_it(layer: Layer) -> None:
    for folding in feasible(layer):
        late = 2 * interval(layer, folding)
        assert passage(layer, folding, Passage(0, late)).last == late + registers(layer, folding)
