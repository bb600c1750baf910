"""A family of FPGAs: the names of its parts, Yosys's command for it, and the resources of its primitives."""

from collections.abc import Mapping
from dataclasses import dataclass

from fpga_ee.hardware.fpga.resources import Resources


@dataclass(frozen=True)
class LutMemory:
    """LUTs as distributed memory, with a write port and a read port.

    Attributes:
        luts: LUTs of a primitive.
        shapes: Words and bits of a primitive.
        cost: The cost that Yosys gives a primitive.
        by_width: The share of the cost that is proportional to the used bits.
    """

    luts: int
    shapes: tuple[tuple[int, int], ...]
    cost: int
    by_width: int


@dataclass(frozen=True)
class Family:
    """A family of FPGAs. Each is a file of ``families/``.

    Attributes:
        name: Its name, as records of synthesis write it.
        part_prefixes: The letters with which the names of its parts begin.
        synthesis_command: Yosys's command for the family; it keeps modules apart.
        primitives: Resources of the primitives that Yosys uses. LUTs also count as distributed memory and as
            shift registers. BRAM counts in units of 18 Kb.
        multiplier_bits: Bits of the wider operand of its multipliers.
        lut_memory: Its distributed memory (``lutrams_*.txt`` of Yosys); None where the resource model does
            not
            know it.
        fills_multipliers: True where Yosys moves registers and additions into the multipliers.
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
