"""What every layer must give, in plain integers: the reference that streams are held against.

Feature maps are int64 arrays [samples, rows, cols, channels], the order in which they are streamed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.hardware.network.graph import (
    Convolution,
    FeatureMap,
    Layer,
    Linear,
    Pooling,
    Relu,
    Requantise,
    Window,
)

Integers = NDArray[np.int64]


def apply(layer: Layer, entering: Integers) -> Integers:
    """What a layer makes of feature maps."""
    match layer:
        case Convolution(window=window):
            return _sums(layer, windows(entering, window, 0).reshape(*_outputs(layer, entering), -1))
        case Linear():
            return _sums(layer, entering.reshape(len(entering), 1, 1, -1))
        case Pooling(window=window):
            outside = int(np.iinfo(np.int32).min)
            largest: Integers = windows(entering, window, outside).max(axis=3)
            return largest
        case Relu():
            return np.maximum(entering, 0)
        case Requantise():
            low, high = layer.output.format.low, layer.output.format.high
            shift = layer.input.format.frac - layer.output.format.frac
            return np.clip(half_to_even(entering, shift), low, high)


def through(layers: Sequence[Layer], entering: Integers) -> dict[str, Integers]:
    """What each layer of a chain gives, by its name."""
    outputs = {}
    for layer in layers:
        entering = outputs[layer.name] = apply(layer, entering)
    return outputs


def windows(entering: Integers, window: Window, outside: int) -> Integers:
    """All windows: [samples, output rows, output cols, taps, channels]; ``outside`` is the padding."""
    top, left, bottom, right = window.padding
    padded = np.pad(entering, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=outside)
    view = np.lib.stride_tricks.sliding_window_view(padded, window.kernel, axis=(1, 2))
    view = view[:, :: window.stride[0], :: window.stride[1]]
    taps = np.moveaxis(view, 3, -1)
    gathered: Integers = taps.reshape(*taps.shape[:3], window.taps, -1)
    return gathered


def streamed_weight(layer: Convolution | Linear) -> Integers:
    """Weights [filters, words] in the order in which the words under a filter are streamed.

    Raises:
        ValueError: The layer's weights are not known.
    """
    if layer.weight is None:
        raise ValueError(f"{layer.name} has no weights")
    weight = np.asarray(layer.weight, dtype=np.int64)
    if isinstance(layer, Linear):
        # A file flattens channel by channel, a stream position by position.
        entering: FeatureMap = layer.input
        weight = weight.reshape(-1, entering.channels, entering.rows, entering.cols)
    ordered: Integers = np.moveaxis(weight, 1, -1).reshape(len(weight), -1)
    return ordered


def bias(layer: Convolution | Linear) -> Integers:
    """Bias of every filter, 0 where the layer has none."""
    if layer.bias is None:
        return np.zeros(layer.output.channels, dtype=np.int64)
    return np.asarray(layer.bias, dtype=np.int64)


def half_to_even(words: Integers, shift: int) -> Integers:
    """Words times 2^-shift, rounded half to even."""
    if shift <= 0:
        return words << -shift
    floor = words >> shift
    rest = words - (floor << shift)
    half = 1 << (shift - 1)
    rounded: Integers = floor + ((rest > half) | ((rest == half) & (floor & 1 == 1)))
    return rounded


def _outputs(layer: Layer, entering: Integers) -> tuple[int, int, int]:
    return len(entering), layer.output.rows, layer.output.cols


def _sums(layer: Convolution | Linear, words: Any) -> Integers:
    sums: Integers = words @ streamed_weight(layer).T + bias(layer)
    return sums
