"""All windows of feature maps, for the reference arithmetic."""

import numpy as np

from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.window import Window


def windows(entering: Integers, window: Window, outside: int) -> Integers:
    """Gather [samples, output rows, output cols, taps, channels]; ``outside`` is the word of the padding."""
    top, left, bottom, right = window.padding
    padded = np.pad(entering, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=outside)
    view = np.lib.stride_tricks.sliding_window_view(padded, window.kernel, axis=(1, 2))
    view = view[:, :: window.stride[0], :: window.stride[1]]
    taps = np.moveaxis(view, 3, -1)
    gathered: Integers = taps.reshape(*taps.shape[:3], window.taps, -1)
    return gathered
