"""``sample_ids.sv``: separates IDs from their samples."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class SampleIds(LibraryModule):
    """Separates samples from their IDs.

    Attributes:
        width: Bits of a beat.
        id_bits: Bits of a sample's ID.
    """

    NAME: ClassVar[str] = "sample_ids"

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
        """Count the handshake with both readers."""
        return Terms(lut=6, ff=2)
