"""Sums of feature maps: exact, and no wider than they must be."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.diagram.diagram import Role
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.addition import Addition, sum_format
from fpga_ee.hardware.network.layers.unary import stream_of
from fpga_ee.hardware.timing.passages import Passage

FORMATS = st.builds(
    FixedPoint, bits=st.integers(1, 9), signed=st.booleans(), frac=st.integers(-3, 9), symmetric=st.booleans()
)


@given(formats=st.lists(FORMATS, min_size=2, max_size=4))
def test_a_sum_holds_the_ends_of_its_summands_and_no_bit_more(formats: list[FixedPoint]) -> None:
    found = sum_format(formats)
    assert found.frac == max(each.frac for each in formats)
    ends = [
        sum(word << found.frac - each.frac for word, each in zip(words, formats, strict=True))
        for words in product(*((each.low, each.high) for each in formats))
    ]
    assert found.low <= min(ends)
    assert max(ends) <= found.high
    narrower = FixedPoint(max(1, found.bits - 1), signed=True, frac=found.frac)
    assert found.bits == 1 or min(ends) < narrower.low or narrower.high < max(ends)


def added(*formats: FixedPoint) -> Addition:
    inputs = tuple(FeatureMap(2, 1, 3, each) for each in formats)
    return Addition("sum", inputs, FeatureMap(2, 1, 3, sum_format(formats)))


@given(formats=st.lists(FORMATS, min_size=2, max_size=3), seed=st.integers(0, 99))
def test_words_are_added_on_the_finest_grid(formats: list[FixedPoint], seed: int) -> None:
    random = np.random.default_rng(seed)
    operands = [random.integers(each.low, each.high + 1, (4, 1, 3, 2)) for each in formats]
    layer = added(*formats)
    found = layer.computed(operands) * layer.output.format.scale
    wanted = sum(words * each.scale for words, each in zip(operands, formats, strict=True))
    assert np.array_equal(found, wanted)


@given(formats=st.lists(FORMATS, min_size=2, max_size=4))
def test_the_stream_of_a_sum_is_as_wide_as_its_words(formats: list[FixedPoint]) -> None:
    """Also where it grows summand by summand: partial sums do not reach the ends of their bits."""
    layer, drawing = added(*formats), Drawing()
    drawing.open(0, Role.BACKBONE)
    streams = [stream_of(f"in_{index}", read, 1, 0, "before") for index, read in enumerate(layer.inputs)]
    assert layer.drawn(drawing, "sum", Folding(), streams).bits == layer.output.format.bits


BYTE = FixedPoint(8, signed=False, frac=4)


def test_a_row_leaves_when_the_last_summand_has_it() -> None:
    early, late = [Passage(0, 3), Passage(3, 6)], [Passage(10, 13), Passage(20, 23)]
    layer = Addition("sum", (FeatureMap(1, 2, 3, BYTE),) * 3, FeatureMap(1, 2, 3, sum_format([BYTE] * 3)))
    assert layer.passage(Folding(), [early, late, early]) == [Passage(12, 15), Passage(22, 25)]


def test_as_many_streams_leave_as_enter() -> None:
    layer = added(BYTE, BYTE)
    assert layer.foldings() == [Folding(1, 1), Folding(2, 2)]
    assert [layer.interval(folding) for folding in layer.foldings()] == [6, 3]
    with pytest.raises(FpgaEeError, match="sum takes as many streams as it gives"):
        layer.check_folding(Folding(1, 2))
