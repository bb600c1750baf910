"""Resources of a module by its structure: counted ones, and terms for the rest of its logic."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fpga_ee.hardware.fpga.resources import Resources


@dataclass(frozen=True)
class Terms:
    """Resources of a module by its structure.

    Attributes:
        lut: LUTs that are counted, for example in memories, adders and shift registers.
        ff: Flip-flops.
        dsp: Multipliers.
        bram: Block RAMs of 18 Kb.
        fitted: Terms to which the other LUTs are proportional, by name. A module's coefficients have the same
            names.
    """

    lut: float = 0
    ff: int = 0
    dsp: int = 0
    bram: int = 0
    fitted: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Terms") -> "Terms":
        """Add the terms of two modules."""
        fitted = dict(self.fitted)
        for name, value in other.fitted.items():
            fitted[name] = fitted.get(name, 0) + value
        return Terms(
            self.lut + other.lut, self.ff + other.ff, self.dsp + other.dsp, self.bram + other.bram, fitted
        )

    def resources(self, coefficients: Mapping[str, float]) -> Resources:
        """Compute the resources of the module with the coefficients of a fit.

        Args:
            coefficients: LUTs per term, by name.
        """
        logic = sum(coefficients[name] * value for name, value in self.fitted.items())
        return Resources(round(self.lut + logic), self.ff, self.dsp, self.bram)
