"""AMD's UltraScale+: Zynq with processors, accelerator cards, and Artix.

The part names of its other FPGAs begin like those of UltraScale, an older family.
"""

from fpga_ee.hardware.fpga.family import Family, LutMemory
from fpga_ee.hardware.fpga.xilinx import PRIMITIVES, synthesis_command

FAMILY = Family(
    name="xcup",
    part_prefixes=("XCZU", "XCU2", "XCU5", "XCAU"),
    synthesis_command=synthesis_command("xcup"),
    primitives=PRIMITIVES,
    multiplier_bits=27,
    lut_memory=LutMemory(8, ((32, 14), (64, 7)), cost=16, by_width=16),  # RAM32M16 and RAM64M8
    fills_multipliers=False,  # ``xilinx_dsp`` does not know DSP48E2
    coefficients="xc7.json",  # fitted on 7-series, whose LUTs are the same
)
