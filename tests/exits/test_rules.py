"""The float rules: a sample leaves strictly beyond the threshold."""

import math

import pytest
import torch

from fpga_ee.artifacts.rules.entropy import ENTROPY
from fpga_ee.artifacts.rules.margin import MARGIN
from fpga_ee.artifacts.rules.top1 import TOP1
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule

HALVES = torch.tensor([[0.0, 0.0], [50.0, 0.0]]).double()


def test_top1_leaves_strictly_above_the_threshold() -> None:
    assert ExitRule(TOP1, 0.5)(HALVES).tolist() == [False, True]


def test_entropy_leaves_strictly_below_the_threshold() -> None:
    assert ExitRule(ENTROPY, math.log(2))(HALVES).tolist() == [False, True]


def test_margin_leaves_strictly_above_the_threshold() -> None:
    assert ExitRule(MARGIN, 0.0)(HALVES).tolist() == [False, True]
    assert ExitRule(MARGIN, 50.0)(HALVES).tolist() == [False, False]


def test_a_threshold_outside_its_range_is_refused() -> None:
    with pytest.raises(FpgaEeError, match=r"top-1 threshold 1\.5 is not between 0 and 1"):
        ExitRule(TOP1, 1.5)
