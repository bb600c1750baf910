"""Finds averages among convolutions: fixed point writes an average as a convolution with equal weights."""

import numpy as np

from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.window import Window


def average_of(layer: Convolution) -> Layer:
    """Make an average of a convolution that computes one. Give any other convolution unchanged.

    An average keeps channels apart, and all its weights are one positive integer. A convolution with a single
    weight is no average.
    """
    weight, entering, leaving = layer.weight, layer.input, layer.output
    apart = layer.groups == entering.channels == leaving.channels
    if not apart or layer.bias is not None or weight is None or weight.size == 1:
        return layer
    factor = weight.flat[0]
    if not np.issubdtype(weight.dtype, np.integer) or factor <= 0 or (weight != factor).any():
        return layer
    format_ = layer.weight_format
    if layer.window == Window((entering.rows, entering.cols), layer.window.stride):
        return GlobalAverage(layer.name, entering, leaving, format_, int(factor))
    return AveragePooling(layer.name, entering, leaving, layer.window, format_, int(factor))
