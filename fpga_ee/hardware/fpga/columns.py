"""The columns of a memory that is only read: what each bit of a word is at every address."""

import numpy as np

from fpga_ee.hardware.area.instances import Memory, clog2


def columns(memory: Memory) -> list[int]:
    """For every bit of a word its values, address 0 in the lowest bit."""
    size = (memory.width + 7) // 8
    words = b"".join(word.to_bytes(size, "little") for word in memory.words)
    rows = np.frombuffer(words, np.uint8).reshape(len(memory.words), size)
    bits = np.unpackbits(rows, axis=1, count=memory.width, bitorder="little")
    return [
        int.from_bytes(column.tobytes(), "little")
        for column in np.packbits(bits.T, axis=1, bitorder="little")
    ]


def varying(memory: Memory) -> int:
    """Bits of a word that are not the same at all addresses: Yosys drops the others (``opt_mem``)."""
    every = (1 << len(memory.words)) - 1
    return sum(column not in {0, every} for column in columns(memory))


def distinct(memory: Memory) -> int:
    """Of these, how many differ from all others: equal registers become one."""
    every = (1 << len(memory.words)) - 1
    return len(set(columns(memory)) - {0, every})


def own_columns(memory: Memory) -> int:
    """Of these, how many are not a bit of the address either, behind whose register the memory is read.

    That is seen where the memory has a word for every address of so many bits.
    """
    every, count = (1 << len(memory.words)) - 1, len(memory.words)
    bits = clog2(count) if count == 1 << clog2(count) else 0
    address = {sum((at >> bit & 1) << at for at in range(count)) for bit in range(bits)}
    return len(set(columns(memory)) - {0, every} - address)


def classes(memory: Memory) -> int:
    """Varying columns that are neither equal nor opposite: those that one LUT is for."""
    every = (1 << len(memory.words)) - 1
    return len({min(column, column ^ every) for column in columns(memory)} - {0})
