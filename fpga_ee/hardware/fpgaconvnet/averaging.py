"""Averages in fpgaConvNet's hardware: convolutions that keep channels apart, with equal weights."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind, LayerModel
from fpga_ee.hardware.fpgaconvnet.layers.convolution import KIND, ConvolutionModel
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.window import Window


def averaging_kind(layer: type[Layer], window_of: Callable[[Any], Window]) -> LayerKind:
    """Make the kind of averages of a class.

    Args:
        layer: The class.
        window_of: Finds the window of a layer of this class.
    """

    def model(average: Any) -> LayerModel:
        return ConvolutionModel(_as_convolution(average, window_of(average)))

    def hardware(average: Any, folding: Folding) -> Any:
        assert KIND.record is not None  # noqa: S101 - partition files have convolutions
        return KIND.record.hardware(_as_convolution(average, window_of(average)), folding)

    record = KIND.record and replace(KIND.record, hardware=hardware)
    return LayerKind(layer, model, KIND.source, record)


def _as_convolution(average: AveragePooling | GlobalAverage, window: Window) -> Convolution:
    channels = average.input.channels
    weight = np.full((channels, 1, *window.kernel), average.factor)
    maps = average.input, average.output
    return Convolution(average.name, *maps, window, average.weight_format, None, channels, weight)
