"""``exit_decision_margin.sv``: the exit decision by the margin of the two largest logits."""

from dataclasses import dataclass
from typing import ClassVar, Self

from fpga_ee.artifacts.rules.criteria.margin import IntegerMargin
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.exit_decision_top1 import COMPARED
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS


@dataclass(frozen=True)
class ExitDecisionMargin(LibraryModule):
    """The two largest logits so far, and the comparison of their difference with a bound.

    Attributes:
        bits: Bits of a logit.
        id_bits: Bits of a sample's ID.
        bound: The bound until a new one is written.
    """

    NAME: ClassVar[str] = "exit_decision_margin"
    CRITERION: ClassVar[str] = "margin"
    BOUND_ADDRESSED: ClassVar[bool] = False
    BESIDE: ClassVar[Resources] = COMPARED

    bits: int
    id_bits: int
    bound: int

    @classmethod
    def of_rule(cls, rule: IntegerMargin, logits: Stream, classes: int) -> Self:  # noqa: ARG003 - of any
        """Build the decision of a rule."""
        return cls(bits=logits.bits, id_bits=SAMPLE_ID_BITS, bound=rule.bound)

    @property
    def latency(self) -> int:
        """Cycles from a sample's last logit to its verdict: the two largest, their margin, the comparison."""
        return 3

    @property
    def interval(self) -> int:
        """Cycles that a logit takes."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count three words, the bound, the verdict, and comparisons of logits and of their difference."""
        return Terms(
            ff=3 * self.bits + 32 + self.id_bits + 1 + 4,
            fitted={"one": 1, "bit": self.bits},
        )
