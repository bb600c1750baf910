"""Small layers, whose cycles can be counted by hand."""

from itertools import product

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.window import Window

WORD, SUM = FixedPoint(8, signed=False, frac=4), FixedPoint(16, signed=True, frac=8)


def convolution(channels: int, filters: int, side: int, window: Window, groups: int = 1) -> Convolution:
    rows, cols = window.output(side, side)
    maps = FeatureMap(channels, side, side, WORD), FeatureMap(filters, rows, cols, SUM)
    return Convolution("convolution", *maps, window, WORD, None, groups)


def pooling(channels: int, side: int, window: Window) -> Pooling:
    rows, cols = window.output(side, side)
    return Pooling(
        "pooling", FeatureMap(channels, side, side, WORD), FeatureMap(channels, rows, cols, WORD), window
    )


def average_pooling(channels: int, side: int, window: Window, factor: int = 3) -> AveragePooling:
    rows, cols = window.output(side, side)
    maps = FeatureMap(channels, side, side, WORD), FeatureMap(channels, rows, cols, SUM)
    return AveragePooling("average", *maps, window, WORD, factor)


def global_average(channels: int, side: int, factor: int = 3) -> GlobalAverage:
    maps = FeatureMap(channels, side, side, WORD), FeatureMap(channels, 1, 1, SUM)
    return GlobalAverage("average", *maps, WORD, factor)


def linear(inputs: FeatureMap, outputs: int) -> Linear:
    return Linear("linear", inputs, FeatureMap(outputs, 1, 1, SUM), WORD, None)


CONVOLUTION = convolution(4, 6, 7, Window((3, 3), (2, 2), (1, 1, 1, 1)))


def counted(layer: Layer, folding: Folding) -> int:
    """Cycles of the busiest machine of a layer, counted beat by beat."""
    written = len(range(0, layer.input.words, folding.streams_in))
    groups = range(0, layer.input.channels, folding.streams_in)
    positions = list(product(range(layer.output.rows), range(layer.output.cols)))
    match layer:
        case Convolution(window=window):
            taps, folds = (
                range(0, window.taps, folding.fine),
                range(0, layer.output.channels // layer.groups, folding.coarse_out),
            )
            return max(len([*product(positions, groups, taps, folds)]), written)
        case Linear():
            return written * len(range(0, layer.output.channels, folding.coarse_out))
        case _:
            return written
