"""``exit_decision_top1.sv``: the exit decision by the largest probability."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from fpga_ee.artifacts.rules.criteria.top1 import IntegerTop1
from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.read_only import read_only
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.logit_distances import LogitDistances
from fpga_ee.hardware.memory_image import Image, table_image
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

COMPARED = Resources(lut=3)
"""The comparator in the top module that finds the exit to which a threshold is written."""


@dataclass(frozen=True)
class ExitDecisionTop1(LibraryModule):
    """A sum of exponentials, and its comparison with a bound.

    Attributes:
        bits: Bits of a logit.
        classes: Logits of a sample.
        id_bits: Bits of a sample's ID.
        entries: Distances in the table. The last entry stands for every larger distance.
        table_bits: Bits of an entry.
        exponentials: The table of exp(-d), by distance d.
        bound: The bound until a new one is written.
    """

    NAME: ClassVar[str] = "exit_decision_top1"
    CRITERION: ClassVar[str] = "top1"
    BOUND_ADDRESSED: ClassVar[bool] = False
    BESIDE: ClassVar[Resources] = COMPARED

    bits: int
    classes: int
    id_bits: int
    entries: int
    table_bits: int
    exponentials: Image
    bound: int

    @classmethod
    def of_rule(cls, rule: IntegerTop1, logits: Stream, classes: int) -> Self:
        """Build the decision of a rule."""
        table_bits = int(rule.exponentials.max()).bit_length()
        table = table_image(f"decision_{logits.stage}.exponentials.hex", rule.exponentials, table_bits)
        return cls(
            bits=logits.bits,
            classes=classes,
            id_bits=SAMPLE_ID_BITS,
            entries=len(rule.exponentials),
            table_bits=table_bits,
            exponentials=table,
            bound=rule.bound,
        )

    @property
    def latency(self) -> int:
        """Cycles from a sample's last logit to its verdict.

        The first distance takes three cycles, the others one each. Table, sum and verdict follow the last.
        """
        return 5 + self.classes

    @property
    def interval(self) -> int:
        """Cycles that a sample takes: one for each logit."""
        return self.classes

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes."""
        return self.interval

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the distances of logits."""
        return distances(self.bits, self.classes, self.entries)

    def terms(self, family: Family) -> Terms:
        """Count the table, the sum and the bound."""
        sum_bits = self.table_bits + clog2(self.classes + 1)
        own = Terms(ff=self.id_bits + 1 + 32 + 5 + sum_bits, fitted={"one": 1, "sum": sum_bits})
        return own + read_only(self.exponentials)


def distances(bits: int, classes: int, entries: int) -> Iterator[tuple[LibraryModule, int]]:
    """List the distances of logits for a table with so many entries."""
    yield LogitDistances(bits, classes, last=entries - 1, index_bits=clog2(entries)), 1
