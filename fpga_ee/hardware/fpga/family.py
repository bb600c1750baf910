"""A family of FPGAs: what its parts are called, what Yosys makes of a design for it, and what that takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from fpga_ee.hardware.fpga.resources import Resources


@dataclass(frozen=True)
class LutMemory:
    """LUTs that remember, as a memory with a write and a read port.

    Attributes:
        luts: LUTs of a primitive.
        shapes: Words and bits of a primitive.
        cost: The cost that Yosys gives a primitive.
        by_width: The part of the cost that goes with the bits that are used.
    """

    luts: int
    shapes: tuple[tuple[int, int], ...]
    cost: int
    by_width: int


@dataclass(frozen=True)
class Family:
    """A family of FPGAs; each is a file of ``families/``.

    Attributes:
        name: Its name, as records of synthesis have it.
        part_prefixes: The letters that the names of its parts begin with.
        synthesis_command: Yosys's command for it, which keeps modules apart.
        primitives: Resources of the primitives that Yosys makes for it. LUTs count also where they are
            distributed memory or shift registers, and BRAM counts in units of 18 Kb.
        multiplier_bits: The wider operand of its multipliers.
        lut_memory: Its LUTs that remember (``lutrams_*.txt`` of Yosys); None where the resource model knows
            none.
        fills_multipliers: Yosys moves registers and additions into its multipliers.
        coefficients: The file in ``hw/area`` with the resource model's coefficients; None where the resource
            model does not know the family.
    """

    name: str
    part_prefixes: tuple[str, ...]
    synthesis_command: str
    primitives: Mapping[str, Resources]
    multiplier_bits: int
    lut_memory: LutMemory | None = None
    fills_multipliers: bool = False
    coefficients: str | None = None
