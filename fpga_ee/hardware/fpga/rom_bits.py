"""The bits of a read-only memory: each bit of a word has a column of values, one for every address.

Synthesis keeps a register after every column that it keeps.
"""

import numpy as np

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.memory_image import Image


def bit_columns(memory: Image) -> list[int]:
    """List the values of every bit of a word; the value at address 0 is in the lowest bit."""
    size = (memory.width + 7) // 8
    words = b"".join(word.to_bytes(size, "little") for word in memory.words)
    rows = np.frombuffer(words, np.uint8).reshape(len(memory.words), size)
    bits = np.unpackbits(rows, axis=1, count=memory.width, bitorder="little")
    return [
        int.from_bytes(column.tobytes(), "little")
        for column in np.packbits(bits.T, axis=1, bitorder="little")
    ]


def varying(memory: Image) -> int:
    """Count the columns that are not constant. Yosys removes the others (``opt_mem``)."""
    every = (1 << len(memory.words)) - 1
    return sum(column not in {0, every} for column in bit_columns(memory))


def distinct(memory: Image) -> int:
    """Count the distinct columns that are not constant. Yosys merges equal registers."""
    every = (1 << len(memory.words)) - 1
    return len(set(bit_columns(memory)) - {0, every})


def unaddressed(memory: Image) -> int:
    """Count the distinct columns that are not constant and not a bit of the address.

    For a bit of the address, Yosys uses the address's register. It recognises one only if the memory has a
    word for every address.
    """
    every, count = (1 << len(memory.words)) - 1, len(memory.words)
    bits = clog2(count) if count == 1 << clog2(count) else 0
    address = {sum((at >> bit & 1) << at for at in range(count)) for bit in range(bits)}
    return len(set(bit_columns(memory)) - {0, every} - address)


def classes(memory: Image) -> int:
    """Count the columns that are not constant, and neither equal nor inverse.

    Yosys makes one LUT for each.
    """
    every = (1 << len(memory.words)) - 1
    return len({min(column, column ^ every) for column in bit_columns(memory)} - {0})


def upper_bits(memory: Image, first: int) -> Image:
    """Cut the bits of a memory's words below ``first``."""
    return Image(memory.file, memory.width - first, tuple(word >> first for word in memory.words))
