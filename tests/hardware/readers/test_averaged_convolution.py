"""An average is told from other convolutions by its weights."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.small_layers import SUM, WORD

from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.readers.averaged_convolution import average_of


def convolution(channels: int, side: int, window: Window) -> Convolution:
    rows, cols = window.output(side, side)
    maps = FeatureMap(channels, side, side, WORD), FeatureMap(channels, rows, cols, SUM)
    weight = np.full((channels, 1, *window.kernel), 7)
    return Convolution("c", *maps, window, WORD, None, channels, weight)


@pytest.mark.parametrize(
    ("window", "kind"),
    [
        (Window((2, 2), (2, 2)), AveragePooling),
        (Window((4, 4), padding=(1, 0, 0, 0)), AveragePooling),
        (Window((4, 4)), GlobalAverage),
        (Window((4, 4), (4, 4)), GlobalAverage),
        (Window((1, 1)), AveragePooling),
    ],
    ids=str,
)
def test_equal_weights_that_keep_channels_apart_are_an_average(window: Window, kind: type) -> None:
    layer = convolution(3, 4, window)
    average = average_of(layer)
    assert type(average) is kind
    words = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3))
    for channel in range(3):
        one = replace(
            layer,
            input=replace(layer.input, channels=1),
            output=replace(layer.output, channels=1),
            groups=1,
            weight=layer.weight[:1],
        )
        of_channel = words[..., channel : channel + 1]
        np.testing.assert_array_equal(
            average.computed([words])[..., channel : channel + 1], one.computed([of_channel])
        )


def test_of_one_channel_too() -> None:
    assert isinstance(average_of(convolution(1, 4, Window((2, 2)))), AveragePooling)


def others() -> list[Convolution]:
    layer = convolution(3, 4, Window((2, 2)))
    unequal = layer.weight.copy()
    unequal[1, 0, 0, 1] = 6
    together = FeatureMap(3, 4, 4, WORD), FeatureMap(3, 3, 3, SUM)
    return [
        replace(layer, weight=unequal),
        replace(layer, weight=-layer.weight),
        replace(layer, weight=0 * layer.weight),
        replace(layer, weight=layer.weight / 8),
        replace(layer, weight=None),
        replace(layer, bias=np.zeros(3, dtype=np.int64), bias_format=SUM),
        Convolution("c", *together, Window((2, 2)), WORD, None, 1, np.full((3, 3, 2, 2), 7)),
        convolution(1, 4, Window((1, 1))),
    ]


@pytest.mark.parametrize("number", range(8))
def test_any_other_convolution_stays(number: int) -> None:
    layer = others()[number]
    assert average_of(layer) is layer
