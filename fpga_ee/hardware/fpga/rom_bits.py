"""The columns of a memory that is only read: the values of each bit of a word at all addresses.

A register stands behind every column that synthesis keeps.
"""

import numpy as np

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.memory_image import Image


def columns(memory: Image) -> list[int]:
    """For every bit of a word its values, address 0 in the lowest bit."""
    size = (memory.width + 7) // 8
    words = b"".join(word.to_bytes(size, "little") for word in memory.words)
    rows = np.frombuffer(words, np.uint8).reshape(len(memory.words), size)
    bits = np.unpackbits(rows, axis=1, count=memory.width, bitorder="little")
    return [
        int.from_bytes(column.tobytes(), "little")
        for column in np.packbits(bits.T, axis=1, bitorder="little")
    ]


def varying(memory: Image) -> int:
    """Count the columns that are not the same at all addresses: Yosys drops the others (``opt_mem``)."""
    every = (1 << len(memory.words)) - 1
    return sum(column not in {0, every} for column in columns(memory))


def distinct(memory: Image) -> int:
    """Count the varying columns that differ from each other: Yosys merges equal registers."""
    every = (1 << len(memory.words)) - 1
    return len(set(columns(memory)) - {0, every})


def own_columns(memory: Image) -> int:
    """Count the distinct columns that are no bit of the address: Yosys takes the register of the address.

    It sees that a column is a bit of the address where the memory has a word for every address.
    """
    every, count = (1 << len(memory.words)) - 1, len(memory.words)
    bits = clog2(count) if count == 1 << clog2(count) else 0
    address = {sum((at >> bit & 1) << at for at in range(count)) for bit in range(bits)}
    return len(set(columns(memory)) - {0, every} - address)


def classes(memory: Image) -> int:
    """Count the varying columns that are neither equal nor opposite: Yosys makes one LUT for each."""
    every = (1 << len(memory.words)) - 1
    return len({min(column, column ^ every) for column in columns(memory)} - {0})


def upper_bits(memory: Image, first: int) -> Image:
    """The bits of a memory's words from one on."""
    return Image(memory.file, memory.width - first, tuple(word >> first for word in memory.words))
