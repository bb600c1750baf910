"""Facts that hold for layers of every kind."""

from helpers.small_layers import CONVOLUTION, SUM, WORD, convolution, linear, pooling

from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import evenly


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
