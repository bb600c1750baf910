"""The families of FPGAs that the resource model knows, and what Yosys makes of their parts."""

from dataclasses import dataclass

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.boards import Board


@dataclass(frozen=True)
class LutMemory:
    """LUTs that remember, as a memory with a write and a read port.

    Attributes:
        luts: LUTs of a primitive.
        shapes: Words and bits of a primitive.
        cost: What Yosys weighs a primitive with.
        by_width: The part of it that goes with the bits that are used.
    """

    luts: int
    shapes: tuple[tuple[int, int], ...]
    cost: int
    by_width: int


@dataclass(frozen=True)
class Family:
    """A family of FPGAs with LUTs of six inputs and block RAMs of 18 Kb.

    Attributes:
        name: Its name in ``synth.TARGETS``.
        lut_memory: Its LUTs that remember (``lutrams_*.txt`` of Yosys).
        fills_multipliers: Whether Yosys moves registers and additions into its multipliers.
        multiplier_bits: The wider operand of its multipliers.
    """

    name: str
    lut_memory: LutMemory
    fills_multipliers: bool
    multiplier_bits: int


SERIES_7 = Family("xc7", LutMemory(4, ((32, 6), (64, 3)), 8, 7), fills_multipliers=True, multiplier_bits=25)
"""RAM32M and RAM64M, DSP48E1."""

ULTRASCALE_PLUS = Family(
    "xcup", LutMemory(8, ((32, 14), (64, 7)), 16, 16), fills_multipliers=False, multiplier_bits=27
)
"""RAM32M16 and RAM64M8, DSP48E2, which ``xilinx_dsp`` does not know."""

FAMILIES = {family.name: family for family in (SERIES_7, ULTRASCALE_PLUS)}


def family_of(board: Board) -> Family:
    """The family of a board's FPGA.

    Raises:
        FpgaEeError: The model does not know it.
    """
    from fpga_ee.hardware.synthesis.synthesise import target_of  # noqa: PLC0415 - merge

    name = target_of(board)
    if name not in FAMILIES:
        raise FpgaEeError(
            f"{board.name} has a {board.part}, which our resource model does not know: choose a "
            "board with a 7-series or UltraScale+; `fpga-ee hw-estimate` without --target takes any"
        )
    return FAMILIES[name]
