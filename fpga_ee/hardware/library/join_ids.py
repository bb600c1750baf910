"""``join_ids.sv``: the ID of a sample beside each of its beats."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms


@dataclass(frozen=True)
class JoinIds(LibraryModule):
    """Joins samples with their IDs.

    Attributes:
        width: Bits of a beat.
        id_bits: Bits of a sample's ID.
    """

    NAME: ClassVar[str] = "join_ids"

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
        """Count the handshake."""
        return Terms(lut=3)
