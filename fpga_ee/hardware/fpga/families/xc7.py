"""AMD's 7-series: Spartan-7, Artix-7, Kintex-7, Virtex-7 and Zynq-7000."""

from fpga_ee.hardware.fpga.family import Family, LutMemory
from fpga_ee.hardware.fpga.xilinx import PRIMITIVES, synthesis_command

FAMILY = Family(
    name="xc7",
    part_prefixes=("XC7",),
    synthesis_command=synthesis_command("xc7"),
    primitives=PRIMITIVES,
    multiplier_bits=25,
    lut_memory=LutMemory(4, ((32, 6), (64, 3)), cost=8, by_width=7),  # RAM32M and RAM64M
    fills_multipliers=True,
    coefficients="xc7.json",
)
