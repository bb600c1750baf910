"""Weights and biases of layers that multiply, as numbers and as memory images."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import NamedError
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
        raise NamedError(name, " has no integer weights: hardware needs a fixed-point export")
    return weight


def sums(words: Integers, weight: Integers, bias: Integers) -> Integers:
    """Multiply words [..., words] by weights [filters, words], sum, and add each filter's bias."""
    found: Integers = words @ weight.T + bias
    return found


def sum_bits(sums_format: FixedPoint, word_bits: int, weight_bits: int) -> int:
    """Bits of a layer's sums in hardware: enough for the sums, and for one product."""
    return max(sums_format.bits, word_bits + weight_bits)


@dataclass(frozen=True)
class Line:
    """The weights that meet the words of a beat together: a line of a memory.

    Attributes:
        lanes_in: Words of a position, of a group.
        lanes_out: Filters of a group.
        banks: Rows and columns of taps; each is 1 or all.
        blocks: Groups.
    """

    lanes_in: int
    lanes_out: int
    banks: tuple[int, int] = (1, 1)
    blocks: int = 1


def weight_image(
    identifier: str, weight: Integers, groups: int, line: Line, bits: int
) -> Image | TopConstant:
    """Pack the weights of a layer in the order in which ``linear.sv`` or ``grouped_linear.sv`` reads them.

    Args:
        identifier: Name of the layer in hardware.
        weight: [filters, rows, cols, channels of a group].
        groups: Groups of filters.
        line: The weights of a line.
        bits: Bits of a weight.

    Returns:
        A line for every round of groups, input beat of a window and fold of the filters. A single line is a
        constant.
    """
    filters, rows, cols, channels = weight.shape
    bank_rows, bank_cols = line.banks
    apart = weight.reshape(
        groups // line.blocks,
        line.blocks,
        filters // groups // line.lanes_out,
        line.lanes_out,
        rows // bank_rows,
        bank_rows,
        cols // bank_cols,
        bank_cols,
        channels // line.lanes_in,
        line.lanes_in,
    )
    turn, block, fold, lane_out, tap_row, bank_row, tap_col, bank_col, beat, lane_in = range(10)
    lines = (turn, beat, tap_row, tap_col, fold)
    ordered = apart.transpose(*lines, lane_out, block, bank_row, bank_col, lane_in)
    words = ordered.reshape(prod(ordered.shape[: len(lines)]), -1)
    image = packed(f"{identifier}.weights.hex", words, bits)
    if len(image.words) == 1:
        # Constant weights need no memory.
        return TopConstant(f"{identifier}_weights", image.width, image.words[0])
    return image


def bias_image(identifier: str, bias: Integers, lanes_out: int, bits: int) -> Image:
    """Pack the bias of a layer in the order in which ``linear.sv`` or ``grouped_linear.sv`` reads it.

    Every fold of filters has a line, in every round of groups.
    """
    return packed(f"{identifier}.bias.hex", bias.reshape(-1, lanes_out), bits)
