"""Integers packed into the words of memory images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fpga_ee.hardware.memory_image import Image


def table_image(file: str, table: Sequence[int] | NDArray[np.int64], bits: int) -> Image:
    """A table of numbers, one a line."""
    return packed(file, np.asarray(table, dtype=np.int64).reshape(-1, 1), bits)


def packed(file: str, words: NDArray[np.int64], bits: int) -> Image:
    """An image of lines [lines, words]: each row as one number, its first word in the lowest bits."""
    apart = (words[:, :, None] >> np.arange(bits)) & 1
    rows = np.packbits(apart.reshape(len(words), -1).astype(np.uint8), axis=1, bitorder="little")
    numbers = tuple(int.from_bytes(row.tobytes(), "little") for row in rows)
    return Image(file, words.shape[1] * bits, numbers)
