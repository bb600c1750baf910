"""``sample_distributor.sv``: deals samples out to the copies of a stage, in turn."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class SampleDistributor(LibraryModule):
    """Gives each sample to the next copy.

    Attributes:
        copies: Copies of the stage.
        width: Bits of a beat.
        id_bits: Bits of a sample's ID.
    """

    NAME: ClassVar[str] = "sample_distributor"

    copies: int
    width: int
    id_bits: int

    @property
    def latency(self) -> int:
        """No cycle."""
        return 0

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count a flag for each copy: it is its turn."""
        return Terms(ff=self.copies, fitted={"one": 1, "copy": self.copies})
