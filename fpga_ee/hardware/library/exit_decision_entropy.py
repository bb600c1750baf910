"""``exit_decision_entropy.sv``: the exit decision by the entropy of the probabilities."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from fpga_ee.artifacts.rules.criteria.entropy import IntegerEntropy
from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.read_only import read_only
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.exit_decision_top1 import COMPARED, distances
from fpga_ee.hardware.memory_image import Image, table_image
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

BOUND_BITS = 32
"""Bits of a bound."""


@dataclass(frozen=True)
class ExitDecisionEntropy(LibraryModule):
    """Two sums of table entries. One chooses the bound that the other is compared with.

    Attributes:
        bits: Bits of a logit.
        classes: Logits of a sample.
        id_bits: Bits of a sample's ID.
        entries: Distances in the tables. The last entry stands for every larger distance.
        table_bits: Bits of a table's entry.
        exponentials: The table of exp(-d), by distance d.
        shift: Number of low bits of the sum of exponentials that the index of its bound leaves out.
        bound_entries: Number of bounds.
        weighted: The table of exp(-d) d, by distance d.
        bounds: The bounds until new ones are written.
    """

    NAME: ClassVar[str] = "exit_decision_entropy"
    FIXED: ClassVar[Mapping[str, int]] = {"SCALE_BITS": 16}
    CRITERION: ClassVar[str] = "entropy"
    BOUND_ADDRESSED: ClassVar[bool] = True
    BESIDE: ClassVar[Resources] = COMPARED

    bits: int
    classes: int
    id_bits: int
    entries: int
    table_bits: int
    exponentials: Image
    shift: int
    bound_entries: int
    weighted: Image
    bounds: Image

    @classmethod
    def of_rule(cls, rule: IntegerEntropy, logits: Stream, classes: int) -> Self:
        """Build the decision of a rule."""
        table_bits = int(max(rule.exponentials.max(), rule.weighted.max())).bit_length()
        of = f"decision_{logits.stage}"
        return cls(
            bits=logits.bits,
            classes=classes,
            id_bits=SAMPLE_ID_BITS,
            entries=len(rule.exponentials),
            table_bits=table_bits,
            exponentials=table_image(f"{of}.exponentials.hex", rule.exponentials, table_bits),
            shift=rule.shift,
            bound_entries=len(rule.bounds),
            weighted=table_image(f"{of}.weighted.hex", rule.weighted, table_bits),
            bounds=table_image(f"{of}.bounds.hex", rule.bounds, BOUND_BITS),
        )

    @property
    def latency(self) -> int:
        """Cycles from a sample's last logit to its verdict: one more than top-1, to look the bound up."""
        return 6 + self.classes

    @property
    def interval(self) -> int:
        """Cycles that a sample takes: one for each logit, and two to look the bound up."""
        return self.classes + 2

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes."""
        return self.interval

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the distances of logits."""
        return distances(self.bits, self.classes, self.entries)

    def terms(self, family: Family) -> Terms:
        """Count three tables and two sums."""
        sum_bits = self.table_bits + clog2(self.classes + 1)
        bounds = ram(self.bound_entries, self.bounds.width, family.lut_memory)
        own = Terms(
            lut=bounds.takes.lut,
            ff=self.id_bits + 1 + 6 + 2 * sum_bits + (0 if bounds.kind is Kind.BRAM else 32),
            bram=bounds.takes.bram,
            fitted={"one": 1, "sum": sum_bits},
        )
        return own + read_only(self.exponentials) + read_only(self.weighted)
