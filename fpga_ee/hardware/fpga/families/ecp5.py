"""Lattice's ECP5, which nextpnr places and routes."""

from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources

FAMILY = Family(
    name="ecp5",
    part_prefixes=("LFE5",),
    synthesis_command="synth_ecp5 -noflatten",
    primitives={
        "LUT4": Resources(lut=1),
        "CCU2C": Resources(lut=2),
        # Four LUTs hold the words, and two serve them.
        "TRELLIS_DPR16X4": Resources(lut=6),
        "TRELLIS_FF": Resources(ff=1),
        "MULT18X18D": Resources(dsp=1),
        "DP16KD": Resources(bram=1),
        # Wide multiplexers sit beside the LUTs.
        **dict.fromkeys(("PFUMX", "L6MUX21", "GSR", "VCC", "GND"), Resources()),
    },
    multiplier_bits=18,
)
