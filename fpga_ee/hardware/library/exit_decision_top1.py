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
"""The top module's comparison of the exit that a threshold is written for."""


@dataclass(frozen=True)
class ExitDecisionTop1(LibraryModule):
    """A sum of exponentials, and its comparison with a bound.

    Attributes:
        bits: Bits of a logit.
        classes: Logits of a sample.
        id_bits: Bits of a sample's ID.
        entries: Distances in the table, the last for every larger one.
        table_bits: Bits of an entry.
        exponentials: exp(-d) by distance.
        bound: The bound, until another is written.
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
        """The decision by a rule."""
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

        Three to the first distance, one each behind the last to the table, the sum and the verdict.
        """
        return 5 + self.classes

    @property
    def interval(self) -> int:
        """Cycles a sample: its logits one by one."""
        return self.classes

    def sample_interval(self, beats: int) -> int:
        """Cycles a sample."""
        return self.interval

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """The distances of logits."""
        return distances(self.bits, self.classes, self.entries)

    def terms(self, family: Family) -> Terms:
        """The table, the sum, and the bound."""
        sum_bits = self.table_bits + clog2(self.classes + 1)
        own = Terms(ff=self.id_bits + 1 + 32 + 5 + sum_bits, fitted={"one": 1, "sum": sum_bits})
        return own + read_only(self.exponentials)


def distances(bits: int, classes: int, entries: int) -> Iterator[tuple[LibraryModule, int]]:
    """The distances of logits for a table of so many entries."""
    yield LogitDistances(bits, classes, last=entries - 1, index_bits=clog2(entries)), 1
