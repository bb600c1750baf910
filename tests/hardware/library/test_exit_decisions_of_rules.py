"""A decision has the tables, bounds and sizes of its rule."""

import numpy as np

from fpga_ee.artifacts.rules.criteria.entropy import IntegerEntropy
from fpga_ee.artifacts.rules.criteria.margin import IntegerMargin
from fpga_ee.artifacts.rules.criteria.top1 import IntegerTop1
from fpga_ee.hardware.diagram.module import images
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_margin import ExitDecisionMargin
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1

EXPONENTIALS = np.array([256, 94, 35, 0], np.int32)
WEIGHTED = np.array([0, 94, 600, 0], np.int32)
BOUNDS = np.array([2**31 - 1, 5, 0], np.int32)


def logits(stage: int) -> Stream:
    return Stream("logits", 1, 12, signed=True, beats=5, stage=stage)


def test_top1_has_one_table_as_wide_as_its_largest_entry() -> None:
    """256 has nine bits."""
    decision = ExitDecisionTop1.of_rule(IntegerTop1(EXPONENTIALS, 300), logits(1), 5)
    assert (decision.bits, decision.classes, decision.id_bits, decision.bound) == (12, 5, 16, 300)
    assert (decision.entries, decision.table_bits, decision.exponentials.width) == (4, 9, 9)
    assert decision.exponentials.words == (256, 94, 35, 0)


def test_entropy_has_two_tables_of_one_width_and_bounds_of_32_bits() -> None:
    """600 has ten bits, more than 256."""
    rule = IntegerEntropy(EXPONENTIALS, WEIGHTED, BOUNDS, 7)
    decision = ExitDecisionEntropy.of_rule(rule, logits(1), 5)
    assert (decision.bits, decision.classes, decision.id_bits, decision.shift) == (12, 5, 16, 7)
    assert (decision.entries, decision.bound_entries, decision.table_bits) == (4, 3, 10)
    assert [image.words for image in images(decision)] == [
        (256, 94, 35, 0), (0, 94, 600, 0), (2**31 - 1, 5, 0),
    ]  # fmt: skip
    assert [image.width for image in images(decision)] == [10, 10, 32]


def test_a_margin_has_no_table() -> None:
    decision = ExitDecisionMargin.of_rule(IntegerMargin(40), logits(1), 5)
    assert decision == ExitDecisionMargin(bits=12, id_bits=16, bound=40)
    assert images(decision) == []


def test_no_two_tables_of_a_design_share_a_file() -> None:
    rule = IntegerEntropy(EXPONENTIALS, WEIGHTED, BOUNDS, 7)
    decisions = [
        *(ExitDecisionEntropy.of_rule(rule, logits(stage), 5) for stage in (0, 1)),
        *(ExitDecisionTop1.of_rule(IntegerTop1(EXPONENTIALS, 300), logits(stage), 5) for stage in (2, 3)),
    ]
    files = [image.file for decision in decisions for image in images(decision)]
    assert len(set(files)) == len(files) == 3 + 3 + 1 + 1
