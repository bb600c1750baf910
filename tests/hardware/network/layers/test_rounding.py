"""Requantisation and ReLU: their interval, and when their rows pass."""

import numpy as np
import pytest
from helpers.small_layers import SUM, WORD
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
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


@given(
    words=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=1, max_size=20),
    bounds=st.tuples(*[st.floats(-300, 300, width=32)] * 2),
    frac=st.integers(-2, 10),
    signed=st.booleans(),
)
def test_a_clip_behind_rounding_is_the_clip_before_it(
    words: list[int], bounds: tuple[float, float], frac: int, signed: bool
) -> None:
    """Values are clipped in float64, which holds them, and then rounded half to even by numpy."""
    given_, output = FeatureMap(1, 1, 1, SUM), FeatureMap(1, 1, 1, FixedPoint(8, signed, frac))
    layer = Requantise("layer", given_, output).clipped(*bounds)
    values = np.minimum(np.maximum(np.array(words) * SUM.scale, bounds[0]), bounds[1])
    expected = np.clip(np.rint(values / output.format.scale), output.format.low, output.format.high)
    computed = layer.computed([np.array(words).reshape(-1, 1, 1, 1)])
    np.testing.assert_array_equal(computed.ravel(), expected)


def test_one_clip_behind_another_holds_what_both_hold() -> None:
    layer = Requantise("layer", FeatureMap(1, 1, 1, SUM), FeatureMap(1, 1, 1, FixedPoint(8, True, 4)))
    assert (layer.clipped(-3, 4).clipped(0, 6).low, layer.clipped(-3, 4).clipped(0, 6).high) == (0, 64)
    assert (layer.clipped(2, 4).clipped(-1, 1).low, layer.clipped(2, 4).clipped(-1, 1).high) == (16, 16)


def test_bounds_are_values_that_other_widths_keep() -> None:
    maps = FeatureMap(1, 1, 1, FixedPoint(4, False, 4))
    layer = Requantise("layer", maps, maps).clipped(0, 0.875)
    assert (layer.high, layer.widened(16, 32).high) == (14, 14)


def test_a_relu_of_words_without_a_sign_is_no_hardware() -> None:
    maps = FeatureMap(2, 2, 2, WORD)
    rows = evenly(3, 30, 2)
    assert Relu("relu", maps, maps).passage(Folding(), [rows]) == rows
