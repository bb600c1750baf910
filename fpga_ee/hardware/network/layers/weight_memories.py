"""Weights and biases of layers that multiply, as numbers and as memory images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.memory_image import Image, TopConstant, packed
from fpga_ee.hardware.network.layers.layer import Integers

Numbers = NDArray[Any]


def streamed(weight: Numbers) -> Integers:
    """Put weights [filters, channels, rows, cols] into the order of streams.

    Returns:
        int64 [filters, rows, cols, channels].
    """
    ordered: Integers = np.moveaxis(np.asarray(weight, dtype=np.int64), 1, -1)
    return ordered


def biases(bias: Numbers | None, filters: int) -> Integers:
    """Give the bias of every filter; 0 where the layer has none."""
    return np.zeros(filters, dtype=np.int64) if bias is None else np.asarray(bias, dtype=np.int64)


def known_integers(name: str, weight: Numbers | None) -> Numbers:
    """Give the weights of a layer.

    Raises:
        FpgaEeError: They are unknown, or they are floats.
    """
    if weight is None or not np.issubdtype(weight.dtype, np.integer):
        raise FpgaEeError(f"{name} has no integer weights: hardware needs a fixed-point export")
    return weight


def sums(words: Integers, weight: Integers, bias: Integers) -> Integers:
    """Multiply words [..., words] by weights [filters, words], sum, and add each filter's bias."""
    found: Integers = words @ weight.T + bias
    return found


def sum_bits(sums_format: FixedPoint, word_bits: int, weight_bits: int) -> int:
    """Bits of a layer's sums in hardware: enough for the sums, and for one product."""
    return max(sums_format.bits, word_bits + weight_bits)


def weight_image(
    identifier: str, weight: Integers, lanes: tuple[int, int], banks: tuple[int, int], bits: int
) -> Image | TopConstant:
    """Pack the weights of a layer in the order in which ``linear.sv`` reads them.

    Args:
        identifier: Name of the layer in hardware.
        weight: [filters, rows, cols, channels].
        lanes: Words of a position that enter together, and filters that are computed together.
        banks: Rows and columns of taps that enter together; each is 1 or all.
        bits: Bits of a weight.

    Returns:
        A line for every input beat of a window and every fold of the filters. A single line is a constant.
    """
    lanes_in, lanes_out = lanes
    _, rows, cols, channels = weight.shape
    apart = weight.reshape(
        -1,
        lanes_out,
        rows // banks[0],
        banks[0],
        cols // banks[1],
        banks[1],
        channels // lanes_in,
        lanes_in,
    )
    fold, lane_out, tap_row, bank_row, tap_col, bank_col, group, lane_in = range(8)
    ordered = apart.transpose(group, tap_row, tap_col, fold, lane_out, bank_row, bank_col, lane_in)
    image = packed(
        f"{identifier}.weights.hex", ordered.reshape(-1, lanes_out * banks[0] * banks[1] * lanes_in), bits
    )
    if len(image.words) == 1:
        # Constant weights need no memory.
        return TopConstant(f"{identifier}_weights", image.width, image.words[0])
    return image


def bias_image(identifier: str, bias: Integers, lanes_out: int, bits: int) -> Image:
    """Pack the bias of a layer in the order in which ``linear.sv`` reads it.

    Every fold of filters has a line.
    """
    return packed(f"{identifier}.bias.hex", bias.reshape(-1, lanes_out), bits)
