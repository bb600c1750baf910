"""The primitives and the Yosys command that all families of AMD (Xilinx) share."""

from fpga_ee.hardware.fpga.resources import Resources

PRIMITIVES = {
    **{f"LUT{inputs}": Resources(lut=1) for inputs in range(1, 7)},
    **{f"FD{kind}": Resources(ff=1) for kind in ("RE", "SE", "CE", "PE")},
    # An inverter counts as a LUT, although place and route mostly merges it into another LUT.
    "INV": Resources(lut=1),
    "SRL16E": Resources(lut=1),
    "SRLC32E": Resources(lut=1),
    "RAM32X1S": Resources(lut=1),
    "RAM64X1S": Resources(lut=1),
    "RAM32X1D": Resources(lut=2),
    "RAM64X1D": Resources(lut=2),
    "RAM128X1S": Resources(lut=2),
    "RAM128X1D": Resources(lut=4),
    "RAM256X1S": Resources(lut=4),
    "RAM32M": Resources(lut=4),
    "RAM64M": Resources(lut=4),
    "RAM32M16": Resources(lut=8),
    "RAM64M8": Resources(lut=8),
    "RAM512X1S": Resources(lut=8),
    **{f"DSP48E{version}": Resources(dsp=1) for version in (1, 2)},
    **{f"RAMB18E{version}": Resources(bram=1) for version in (1, 2)},
    **{f"RAMB36E{version}": Resources(bram=2) for version in (1, 2)},
    # Carries and wide multiplexers sit beside the LUTs.
    **dict.fromkeys(("CARRY4", "CARRY8", "MUXF7", "MUXF8", "MUXF9", "VCC", "GND"), Resources()),
}
"""Resources of Yosys's primitives, by name."""


def synthesis_command(family: str) -> str:
    """Write Yosys's command for a family, by Yosys's name of it."""
    return f"synth_xilinx -family {family} -noiopad -noclkbuf"
