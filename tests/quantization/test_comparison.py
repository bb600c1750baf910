"""The fixed-point network beside its float network: both outcomes, and which images fare otherwise."""

import torch
from torch import Tensor

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.outcome import outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.quantization.comparison import compare_networks

STRICT = ExitRule(TOP1, 0.9)
SURE, UNSURE, NO = [9.0, 0.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 9.0]


def logits(*rows: list[float]) -> Tensor:
    return torch.tensor(rows)


def test_images_of_another_exit_or_label_are_counted_apart() -> None:
    """Image 0 stays the same, 1 leaves later with the same label, 2 later with another, 3 gets another."""
    before = [logits(SURE, SURE, SURE, SURE), logits(SURE, SURE, NO, NO)]
    after = [logits(SURE, UNSURE, UNSURE, NO), logits(SURE, SURE, NO, NO)]
    labels = torch.tensor([0, 0, 2, 1])
    found = compare_networks((before, [STRICT]), (after, [STRICT]), labels, "validation")
    assert (found.split, found.images) == ("validation", 4)
    assert (found.other_exits, found.other_labels) == (2, 2)
    assert found.float_outcome == outcome(before, [STRICT], labels)
    assert found.fixed_outcome == outcome(after, [STRICT], labels)
    assert (found.float_outcome.accuracy, found.fixed_outcome.accuracy) == (0.5, 0.75)


def test_each_network_is_judged_by_its_own_exit_tests() -> None:
    same = [logits(UNSURE, SURE), logits(NO, SURE)]
    loose = [ExitRule(TOP1, 0.4)]
    found = compare_networks((same, [STRICT]), (same, loose), torch.tensor([0, 0]), "test")
    assert (found.other_exits, found.other_labels) == (1, 1)
    assert found.float_outcome.exit_rates == (0.5, 0.5)
    assert found.fixed_outcome.exit_rates == (1.0, 0.0)
