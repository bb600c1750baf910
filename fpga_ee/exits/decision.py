"""The exit decision in integers: the form that PyTorch, ONNX and hardware share.

A float softmax differs between runtimes in its last bits, and a threshold turns that into different
exits. So a deployed exit decides by the integer rule that its criterion makes of its threshold
(``artifacts/rules``): a few integer operations on integer logits, with constants that are computed once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule


@dataclass(frozen=True, eq=False)
class IntegerDecision:
    """The deployed form of an exit rule.

    Attributes:
        rule: The float rule.
        logits: Format of the logits.
        integers: The rule on the integers of these logits.
    """

    rule: ExitRule
    logits: FixedPoint
    integers: IntegerRule

    def __call__(self, logits: Tensor) -> Tensor:
        """Find the samples that leave: float logits [N, classes] on their grid to bool [N]."""
        integers = (logits / self.logits.scale).to(torch.int32)
        return torch.from_numpy(self.integers(integers.numpy()))


def integer_decision(rule: ExitRule, logits: FixedPoint) -> IntegerDecision:
    """Make the decision of a rule on logits of a format.

    Raises:
        FpgaEeError: The logits have so many fractional bits that its tables would be too long.
    """
    return IntegerDecision(rule, logits, rule.criterion.integer_rule(rule.threshold, logits))


def is_representable(rule: ExitRule) -> bool:
    """True where the integer decision has enough steps between certainty and the rule's threshold."""
    return not rule.criterion.comparison.holds(rule.threshold, rule.criterion.strictest)


def integer_decisions(rules: Sequence[ExitRule], logits: Sequence[FixedPoint]) -> list[IntegerDecision]:
    """Make the decisions of every exit but the last, from their rules and the formats of all exits' logits.

    Raises:
        FpgaEeError: A threshold is too strict for the integer decision to tell.
    """
    for index, rule in enumerate(rules):
        if not is_representable(rule):
            raise FpgaEeError(
                f"exit {index}: {rule.criterion} threshold {rule.threshold} is stricter than the integer "
                f"decision can tell ({rule.criterion.strictest:.6g}); use a looser one"
            )
    return [integer_decision(rule, format_) for rule, format_ in zip(rules, logits[:-1], strict=True)]
