"""Resources of a read-only memory, with the register after it."""

from math import ceil

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.fpga.memory_mapping import Kind, rom
from fpga_ee.hardware.fpga.rom_bits import classes, distinct, varying
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice
from fpga_ee.hardware.memory_image import Image


def read_only(memory: Image) -> Terms:
    """Count the LUTs, registers and block RAMs of a memory of known words."""
    lines, width = len(memory.words), varying(memory)
    mapping = rom(lines, width)
    if mapping.kind is Kind.BRAM:
        return Terms(lut=choice(width, mapping.rows), ff=clog2(mapping.rows), bram=mapping.takes.bram)
    # A LUT holds 64 words of a bit.
    tables, bits = ceil(lines / 64), classes(memory)
    return Terms(
        lut=tables * bits,
        ff=distinct(memory),
        # Wide multiplexers beside the LUTs select one of two and one of four.
        fitted={
            "three tables": bits * (tables % 4 == 3),
            "beyond four tables": bits * (tables > 4),
        },
    )
