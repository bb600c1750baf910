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

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule

SCALE_BITS = 16
"""k of design.md section 5: with 12 bits, up to 17 of 10,000 decisions differ from the exact ones."""

LEAST_STEPS = 8
"""Steps of 2^-SCALE_BITS between certainty and the strictest threshold that is told from it."""

BOUND_ENTRIES = 512
"""Most entries of the entropy bound's table."""


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
    if logits.frac > MOST_FRAC:
        raise FpgaEeError(
            f"logits of {logits.frac} fractional bits need a table of 2^{logits.frac + 4} entries: give them "
            f"{MOST_FRAC} at most"
        )
    distances = _until_zero(logits.scale)
    exponentials = _fixed([math.exp(-x) for x in distances])
    if rule.criterion is Criterion.TOP1:
        used = int(np.count_nonzero(exponentials)) + 1
        bound = math.ceil(min(2**SCALE_BITS / rule.threshold, _INT32_MAX))
        return Top1Decision(rule, logits, exponentials[:used], bound)
    weighted = _fixed([math.exp(-x) * x for x in distances])
    bounds, shift = _entropy_bounds(rule.threshold)
    return EntropyDecision(rule, logits, exponentials, weighted, bounds, shift)


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


MOST_FRAC = 16
"""Fractional bits of logits, as many as they have bits: a table of a million entries."""

_INT32_MAX = 2**31 - 1


def _until_zero(step: float) -> list[float]:
    """Distances 0, 1, 2, ... on the grid, up to where even exp(-x) x rounds to 0 (and x > 1, its peak)."""
    distances = [0.0]
    while distances[-1] <= 1 or _fixed([math.exp(-distances[-1]) * distances[-1]])[0]:
        distances.append(len(distances) * step)
    return distances


def _fixed(values: list[float]) -> NDArray[np.int32]:
    """Round to integers times 2^-SCALE_BITS, and stop at the ends of int32."""
    return np.array([round(min(value * 2**SCALE_BITS, _INT32_MAX)) for value in values], dtype=np.int32)


def _entropy_bounds(threshold: float) -> tuple[NDArray[np.int32], int]:
    """Tabulate s (T - ln s) from s = 1 to e^T, where it reaches 0, in steps of a power of two."""
    span = min(math.expm1(min(threshold, 20.0)) * 2**SCALE_BITS, _INT32_MAX)
    shift = max(0, math.ceil(math.log2(max(span, 1) / BOUND_ENTRIES)))
    entries = math.ceil(span / 2**shift)
    middles = [1 + (index * 2**shift + (2**shift - 1) / 2) / 2**SCALE_BITS for index in range(entries)]
    return _fixed([max(s * (threshold - math.log(s)), 0.0) for s in middles] + [0.0]), shift


def _distances(logits: Tensor, step: float, entries: int) -> Tensor:
    """Distance of each logit from the largest, as an index into a table of ``entries``."""
    integers = (logits / step).to(torch.int32)
    return (integers.amax(dim=1, keepdim=True) - integers).clamp(max=entries - 1)


def _look_up(table: NDArray[np.int32], indices: Tensor) -> Tensor:
    return torch.from_numpy(table)[indices]
