"""Requantisation and ReLU: their interval, and when their rows pass."""

import pytest
from helpers.small_layers import SUM, WORD

from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.timing.passages import Passage, evenly


@pytest.mark.parametrize("kind", [Relu, Requantise])
def test_what_passes_words_on_is_busy_for_every_beat(kind: type[Relu | Requantise]) -> None:
    maps = FeatureMap(6, 3, 5, SUM)
    assert kind("layer", maps, maps).interval(Folding(2, 2)) == 45


@pytest.mark.parametrize("kind", [Relu, Requantise])
def test_what_rounds_or_limits_takes_three_registers_and_a_queue(kind: type[Relu | Requantise]) -> None:
    maps = FeatureMap(2, 2, 2, SUM)
    assert kind("layer", maps, maps).passage(Folding(), [evenly(0, 8, 2)]) == [Passage(5, 9), Passage(9, 13)]


def test_a_relu_of_words_without_a_sign_is_no_hardware() -> None:
    maps = FeatureMap(2, 2, 2, WORD)
    rows = evenly(3, 30, 2)
    assert Relu("relu", maps, maps).passage(Folding(), [rows]) == rows
