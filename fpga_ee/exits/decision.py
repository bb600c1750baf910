"""The exit decision in integers: the form that PyTorch, ONNX and hardware share.

A float softmax differs between runtimes in its last bits, and a threshold turns that into different
exits. Here the decision is a few integer operations on integer logits with tables that are computed
once, so nobody can disagree.

With integer logits z on the grid 2^-frac and d_j = max(z) - z_j, let e_j = exp(-d_j 2^-frac). Then

* top-1: the largest probability is 1 / sum e_j, so "above T" is  sum e_j < 1 / T;
* entropy: H = ln(sum e_j) + sum(e_j d_j 2^-frac) / sum e_j, so "below T" is
  sum(e_j d_j 2^-frac) < s (T - ln s)  with s = sum e_j.

All quantities are held as integers times 2^-SCALE_BITS.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.exit_tables import SCALE_BITS, Top1Tables, decision_tables
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule

LEAST_STEPS = 8
"""Steps of 2^-SCALE_BITS between certainty and the strictest threshold that is told from it."""


@dataclass(frozen=True)
class Top1Decision:
    """Leave iff sum_j exponentials[d_j] < bound.

    Attributes:
        rule: The float rule that this is the integer form of.
        logits: Format of the logits.
        exponentials: int32 [entries], round(2^k exp(-d 2^-frac)); the last entry is 0 and stands for
            every larger d.
        bound: ceil(2^k / T), the only number that depends on the threshold.
    """

    rule: ExitRule
    logits: FixedPoint
    exponentials: NDArray[np.int32]
    bound: int

    def __call__(self, logits: Tensor) -> Tensor:
        """Which samples leave: float logits [N, classes] on their grid to bool [N]."""
        distances = _distances(logits, self.logits.scale, len(self.exponentials))
        return _look_up(self.exponentials, distances).sum(dim=1) < self.bound


@dataclass(frozen=True)
class EntropyDecision:
    """Leave iff sum_j weighted[d_j] < bounds[(sum_j exponentials[d_j] - 2^k) >> shift].

    Attributes:
        rule: The float rule that this is the integer form of.
        logits: Format of the logits.
        exponentials: int32 [entries], round(2^k exp(-d 2^-frac)).
        weighted: int32 [entries], round(2^k exp(-d 2^-frac) d 2^-frac). Both tables end with a 0 that
            stands for every larger d.
        bounds: int32 [at most BOUND_ENTRIES + 1], s (T - ln s) at the middle of each step of s; the
            last entry is 0 (nobody leaves) and stands for every larger s.
        shift: log2 of the step of s.
    """

    rule: ExitRule
    logits: FixedPoint
    exponentials: NDArray[np.int32]
    weighted: NDArray[np.int32]
    bounds: NDArray[np.int32]
    shift: int

    def __call__(self, logits: Tensor) -> Tensor:
        """Which samples leave: float logits [N, classes] on their grid to bool [N]."""
        distances = _distances(logits, self.logits.scale, len(self.exponentials))
        total = _look_up(self.exponentials, distances).sum(dim=1)
        step = (total - 2**SCALE_BITS) >> self.shift
        bound = _look_up(self.bounds, step.clamp(max=len(self.bounds) - 1))
        return _look_up(self.weighted, distances).sum(dim=1) < bound


IntegerDecision = Top1Decision | EntropyDecision


def integer_decision(rule: ExitRule, logits: FixedPoint) -> IntegerDecision:
    """Compute the tables for a rule on logits of a format.

    Raises:
        FpgaEeError: The logits have so many fractional bits that the tables would be too long.
    """
    tables = decision_tables(rule.criterion, rule.threshold, logits)
    if isinstance(tables, Top1Tables):
        return Top1Decision(rule, logits, tables.exponentials, tables.bound)
    return EntropyDecision(rule, logits, tables.exponentials, tables.weighted, tables.bounds, tables.shift)


def can_be_told(rule: ExitRule) -> bool:
    """Whether the integer decision has steps enough between certainty and the rule's threshold.

    Each table entry is rounded by up to half a step, so a bound a step or two away from certainty would
    be another rule than the one that is asked for.
    """
    doubt = 1 / rule.threshold - 1 if rule.criterion is Criterion.TOP1 else rule.threshold
    return doubt >= LEAST_STEPS / (1 << SCALE_BITS)


def integer_decisions(rules: Sequence[ExitRule], logits: Sequence[FixedPoint]) -> list[IntegerDecision]:
    """The decisions of every exit but the last, from their rules and the formats of all exits' logits.

    Raises:
        FpgaEeError: A threshold is too strict for the tables to tell.
    """
    for index, rule in enumerate(rules):
        if not can_be_told(rule):
            strictest = LEAST_STEPS / 2**SCALE_BITS
            limit = 1 / (1 + strictest) if rule.criterion is Criterion.TOP1 else strictest
            raise FpgaEeError(
                f"exit {index}: {rule.criterion} threshold {rule.threshold} is stricter than the integer "
                f"decision can tell ({limit:.6g}); use a looser one"
            )
    return [integer_decision(rule, format_) for rule, format_ in zip(rules, logits[:-1], strict=True)]


def _distances(logits: Tensor, step: float, entries: int) -> Tensor:
    """Distance of each logit from the largest, as an index into a table of ``entries``."""
    integers = (logits / step).to(torch.int32)
    return (integers.amax(dim=1, keepdim=True) - integers).clamp(max=entries - 1)


def _look_up(table: NDArray[np.int32], indices: Tensor) -> Tensor:
    return torch.from_numpy(table)[indices]
