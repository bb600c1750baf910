"""Columns of a memory that synthesis keeps, counted on a memory of four words."""

from fpga_ee.hardware.fpga.rom_bits import bit_columns, classes, distinct, unaddressed, upper_bits, varying
from fpga_ee.hardware.memory_image import Image

COLUMNS = {
    "always 0": (0, 0, 0, 0),
    "always 1": (1, 1, 1, 1),
    "lower bit of the address": (0, 1, 0, 1),
    "upper bit of the address": (0, 0, 1, 1),
    "the first": (1, 0, 0, 0),
    "the first again": (1, 0, 0, 0),
    "all but the first": (0, 1, 1, 1),
    "always 1 again": (1, 1, 1, 1),
    "not the upper bit of the address": (1, 1, 0, 0),
}
"""Bits of the words, the lowest first: the value at each of four addresses."""


def memory(addresses: int = 4) -> Image:
    words = (sum(column[at] << bit for bit, column in enumerate(COLUMNS.values())) for at in range(addresses))
    return Image("table.hex", len(COLUMNS), tuple(words))


def test_a_column_has_the_value_at_address_0_in_its_lowest_bit() -> None:
    expected = [sum(value << at for at, value in enumerate(column)) for column in COLUMNS.values()]
    assert bit_columns(memory()) == expected


def test_constant_columns_are_not_kept() -> None:
    """Six of nine change, and the first and its copy are one register."""
    assert varying(memory()) == 6
    assert distinct(memory()) == 5


def test_a_column_and_its_inverse_are_one_table() -> None:
    """The first and all but the first; both of the upper bit; the lower bit."""
    assert classes(memory()) == 3


def test_a_bit_of_the_address_has_a_register_already() -> None:
    """Neither the lower nor the upper bit is kept, but the inverse of one is; nor is there a fourth word."""
    assert unaddressed(memory()) == 3
    assert unaddressed(memory(3)) == distinct(memory(3)) == 5


def test_a_memory_without_its_lowest_bits_keeps_the_others() -> None:
    upper = upper_bits(memory(), 4)
    assert (upper.width, bit_columns(upper)) == (5, bit_columns(memory())[4:])
