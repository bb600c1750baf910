"""Tables of integer decisions have upper bounds."""

from dataclasses import replace

import pytest

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decision
from fpga_ee.exits.rules import ExitRule


@pytest.mark.parametrize("criterion", [TOP1, ENTROPY])
def test_tables_of_decisions_are_bounded(criterion: Criterion) -> None:
    """With 64 fractional bits, one would have 10^20 entries."""
    logits = FixedPoint(16, signed=True, frac=17)
    with pytest.raises(FpgaEeError, match=r"logits of 17 fractional bits need .*: give them 16 at most"):
        integer_decision(ExitRule(criterion, 0.5), logits)
    assert integer_decision(ExitRule(criterion, 0.5), replace(logits, frac=8))
