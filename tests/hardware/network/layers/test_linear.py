"""A linear layer: its interval, and when its sums pass."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.small_layers import WORD, counted, linear

from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.timing.passages import Passage


@pytest.mark.parametrize("folding", [Folding(), Folding(2, 5), Folding(12, 1)], ids=str)
def test_a_linear_layer_is_busy_for_every_word_and_part_of_its_sums(folding: Folding) -> None:
    layer = linear(FeatureMap(12, 2, 2, WORD), 10)
    assert layer.interval(folding) == counted(layer, folding)


def test_a_linear_layer_gives_its_sums_while_its_last_beat_is_held() -> None:
    """16 beats of 2 words, each held for 5 folds; two words need five registers."""
    layer = linear(FeatureMap(8, 2, 2, WORD), 10)
    (only,) = layer.passage(Folding(2, 2), [[Passage(0, 8), Passage(8, 16)]])
    assert only == Passage(16 * 5 - 5 + 5, 16 * 5 + 5)


def test_sums_are_those_of_pytorch() -> None:
    """A file flattens channel by channel."""
    rng = np.random.default_rng(0)
    weight, bias = rng.integers(-63, 64, (5, 4 * 2 * 3)), rng.integers(-500, 500, 5)
    layer = replace(linear(FeatureMap(4, 2, 3, WORD), 5), weight=weight, bias=bias)
    words = rng.integers(0, 256, (7, 2, 3, 4))
    flat = torch.from_numpy(np.moveaxis(words, 3, 1).reshape(7, -1))
    expected = torch.nn.functional.linear(flat, torch.from_numpy(weight), torch.from_numpy(bias))
    np.testing.assert_array_equal(layer.computed([words]), expected.numpy().reshape(7, 1, 1, 5))
