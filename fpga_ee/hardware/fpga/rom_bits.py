"""The bits of a memory that is only read: one bit of its words, over all addresses, is a column."""

import numpy as np

from fpga_ee.hardware.area.instances import Memory, clog2


def columns(memory: Memory) -> list[int]:
    """The column of every bit of a word, with the value at address 0 in its lowest bit."""
    size = (memory.width + 7) // 8
    words = b"".join(word.to_bytes(size, "little") for word in memory.words)
    rows = np.frombuffer(words, np.uint8).reshape(len(memory.words), size)
    bits = np.unpackbits(rows, axis=1, count=memory.width, bitorder="little")
    return [
        int.from_bytes(column.tobytes(), "little")
        for column in np.packbits(bits.T, axis=1, bitorder="little")
    ]


def varying(memory: Memory) -> int:
    """Count the columns that are not constant; Yosys drops the constant ones (``opt_mem``)."""
    every = (1 << len(memory.words)) - 1
    return sum(column not in {0, every} for column in columns(memory))


def distinct(memory: Memory) -> int:
    """Count the different columns that are not constant; Yosys makes one register of equal ones."""
    every = (1 << len(memory.words)) - 1
    return len(set(columns(memory)) - {0, every})


def own_columns(memory: Memory) -> int:
    """Count the different columns that are neither constant nor a bit of the address.

    The memory is read behind a register of the address, and Yosys takes that register for such a column. It
    sees this only where the memory has a word for every value of the address.
    """
    every, count = (1 << len(memory.words)) - 1, len(memory.words)
    bits = clog2(count) if count == 1 << clog2(count) else 0
    address = {sum((at >> bit & 1) << at for at in range(count)) for bit in range(bits)}
    return len(set(columns(memory)) - {0, every} - address)


def classes(memory: Memory) -> int:
    """Count the varying columns that are neither equal nor opposite; one LUT serves those that are."""
    every = (1 << len(memory.words)) - 1
    return len({min(column, column ^ every) for column in columns(memory)} - {0})
