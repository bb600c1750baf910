"""The interval of a layer is a count of its machines' work, one step after another."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil
from pathlib import Path

import pytest
from helpers.networks import B_LENET_FCN, B_LENET_SE
from helpers.small_layers import average_pooling, global_average
from helpers.strategies import layers
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet import layers as layers_of_fpgaconvnet
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.layers import KINDS, model_of
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
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


@dataclass(frozen=True)
class Division:
    """A layer that fpgaConvNet does not have."""

    name: str


def alone(layer: Layer, folding: Folding, entering: Passage) -> Passage:
    """The passage of a sample through a layer that holds no other."""
    (left,) = FPGACONVNET.passage(layer, folding, [[entering]])
    return left


def all_layers(network: HardwareGraph) -> list[Layer]:
    return [layer for stage in network.stages for layer in stage.layers]


@pytest.mark.parametrize("network", [B_LENET_FCN, B_LENET_SE], ids=lambda network: network.name)
def test_every_folding_of_every_layer_takes_the_counted_cycles(network: HardwareGraph) -> None:
    walked = 0
    for layer in all_layers(network):
        for folding in model_of(layer).foldings():
            assert model_of(layer).interval(folding) == counted_interval(layer, folding), (
                layer.name,
                folding,
            )
            walked += 1
    assert walked == sum(len(model_of(layer).foldings()) for layer in all_layers(network)) > 200


@given(layers())
def test_so_does_any_layer(layer: Layer) -> None:
    for folding in model_of(layer).foldings():
        assert model_of(layer).interval(folding) == counted_interval(layer, folding)


def test_the_first_convolution_cannot_go_below_its_padded_positions() -> None:
    """36 x 36 padded positions at one window per cycle; the published design has the same bound."""
    layer = B_LENET_FCN.stages[0].backbone.layers[0]
    assert min(model_of(layer).interval(folding) for folding in model_of(layer).foldings()) == 36 * 36


def test_unfolded_layers_take_one_product_per_cycle() -> None:
    cycles = {layer.name: model_of(layer).interval(Folding()) for layer in all_layers(B_LENET_FCN)}
    assert cycles["backbone.0.layer.0"] == 32 * 32 * 5 * 25
    assert cycles["exits.0.0.layer.0"] == 16 * 16 * 5 * 10 * 9
    assert cycles["exits.0.2"] == 640 * 10
    assert cycles["backbone.1.0.layer.0"] == 20 * 20 * 5 * 10 * 25
    assert cycles["backbone.1.1.layer.0"] == 12 * 12 * 10 * 20 * 25
    assert cycles["backbone.1.3"] == 720 * 84
    assert cycles["exits.1.0"] == 84 * 10


@given(layers())
def test_a_layer_alone_is_done_after_its_interval_and_its_registers(layer: Layer) -> None:
    for folding in model_of(layer).foldings():
        left = alone(layer, folding, Passage(0, 0))
        assert left.last == model_of(layer).interval(folding) + model_of(layer).registers(folding)
        filled = ceil(model_of(layer).first_output_after() * model_of(layer).interval(folding))
        assert left.first == filled + model_of(layer).registers(folding) <= left.last


@given(layers())
def test_slow_input_delays_the_result_but_is_not_added_to_it(layer: Layer) -> None:
    for folding in model_of(layer).foldings():
        late = 2 * model_of(layer).interval(folding)
        assert alone(layer, folding, Passage(0, late)).last == late + model_of(layer).registers(folding)


@given(layers())
def test_cycles_are_whole_numbers(layer: Layer) -> None:
    for folding in model_of(layer).foldings():
        left = alone(layer, folding, Passage(0, 7))
        found = (model_of(layer).interval(folding), model_of(layer).registers(folding), left.first, left.last)
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
    assert model_of(layer).first_output_after() == Fraction(7 + 3, 35)


def test_a_linear_layer_needs_its_whole_input_and_the_others_a_word() -> None:
    word = FixedPoint(8, signed=False, frac=4)
    maps = FeatureMap(6, 1, 1, word)
    linear = Linear("linear", maps, maps, word, None)
    found = [
        model_of(layer).first_output_after()
        for layer in (linear, Relu("r", maps, maps), Requantise("q", maps, maps))
    ]
    assert found == [1, 0, 0]


def test_registers_are_those_of_the_parts_that_a_word_passes() -> None:
    """Two at the ends; three in a multiplier; a level for each doubling of the number of summands."""
    word = FixedPoint(8, signed=False, frac=4)
    maps = FeatureMap(6, 4, 4, word)
    linear = model_of(Linear("linear", maps, maps, word, None))
    convolution = model_of(Convolution("c", maps, maps, Window((3, 3)), word, None))
    assert [linear.registers(Folding(words)) for words in (1, 2, 3, 6)] == [5, 6, 7, 8]
    assert convolution.registers(Folding(2, 1, 1, 9)) == 5 + 5
    assert model_of(Pooling("p", maps, maps, Window((2, 2)))).registers(Folding()) == 2 + 2
    assert model_of(Requantise("q", maps, maps)).registers(Folding()) == 3
    assert model_of(Relu("r", maps, maps)).registers(Folding()) == 1


def test_a_relu_of_unsigned_words_is_free() -> None:
    unsigned = FeatureMap(5, 16, 16, FixedPoint(16, signed=False, frac=8))
    signed = FeatureMap(5, 16, 16, FixedPoint(16, signed=True, frac=8))
    assert model_of(Relu("relu", unsigned, unsigned)).resources(Folding(4, 4)) == Resources()
    assert model_of(Relu("relu", signed, signed)).resources(Folding(4, 4)) == Resources(lut=64, ff=64)


@given(st.integers(1, 16))
def test_requantising_costs_by_the_stream(streams: int) -> None:
    sums = FeatureMap(5, 16, 16, FixedPoint(24, signed=True, frac=12))
    words = FeatureMap(5, 16, 16, FixedPoint(16, signed=False, frac=8))
    model = model_of(Requantise("requantise", sums, words))
    assert model.resources(Folding(streams, streams)) == model.resources(Folding()) * streams


def test_every_file_is_a_kind_of_its_own() -> None:
    files = {path.stem for path in Path(layers_of_fpgaconvnet.__file__).parent.glob("[a-z]*.py")}
    assert len(KINDS) == len(files) >= 5


def test_a_model_is_named_whose_resources_a_layer_has() -> None:
    """FpgaConvNet counts none for a ReLU, and has no requantisation."""
    sources = {kind.layer: kind.source for kind in KINDS.values()}
    own = {Relu, Requantise}
    assert own < sources.keys()
    assert {kind for kind, source in sources.items() if source == "own model"} == own
    assert {source for kind, source in sources.items() if kind not in own} == {"fpgaConvNet"}


@pytest.mark.parametrize(
    ("average", "window"),
    [
        (average_pooling(6, 8, Window((2, 2), (2, 2))), Window((2, 2), (2, 2))),
        (global_average(6, 8), Window((8, 8))),
    ],
    ids=["pooling", "global"],
)
def test_an_average_is_a_convolution_that_keeps_channels_apart(
    average: AveragePooling | GlobalAverage, window: Window
) -> None:
    convolution = Convolution("c", average.input, average.output, window, average.weight_format, None, 6)
    found, wanted = model_of(average), model_of(convolution)
    assert found.foldings() == wanted.foldings()
    for folding in found.foldings():
        assert found.interval(folding) == counted_interval(convolution, folding)
        assert found.resources(folding) == wanted.resources(folding)
    assert found.first_output_after() == wanted.first_output_after()


def test_a_kind_that_fpgaconvnet_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(FpgaEeError, match="layer sum: fpgaConvNet has no division; try --target rtl"):
        model_of(Division("sum"))
