"""Cycles of the window that a convolution or a pooling slides over its input."""

from fractions import Fraction

from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.window import Window


def padded_positions(window: Window, entering: FeatureMap) -> int:
    """Count the positions of an input with its padding. The window takes one of them per cycle."""
    rows, cols = window.padded(entering.rows, entering.cols)
    return rows * cols


def filled_after(window: Window, entering: FeatureMap) -> Fraction:
    """Compute the share of an input that has entered when the window is full for the first time.

    Then the window has seen all of its rows but the last, and as many positions of the last row as it is
    wide.
    """
    _, cols = window.padded(entering.rows, entering.cols)
    return Fraction((window.kernel[0] - 1) * cols + window.kernel[1], padded_positions(window, entering))
