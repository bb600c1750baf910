"""The resource model against every count of the sweep: counted resources are exact, fitted ones are near."""

from collections import Counter
from collections.abc import Iterator

import pytest
from helpers.area_cases import convolution, linear

from fpga_ee.hardware.area.model import own_area
from fpga_ee.hardware.area.sweep import Case, Point, read
from fpga_ee.hardware.diagram.module import tree
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.families.xcup import FAMILY as ULTRASCALE_PLUS
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.tools.sources import AREA

MISCOUNTED = {"constant_products": 46, "grouped_linear": 1, "linear": 7, "row_ledger": 17}
"""Flip-flops by which the model is off, over all points of a module: 71 of 124,000."""


@pytest.fixture(scope="module")
def points() -> list[Point]:
    return read(AREA / "xc7.jsonl")


def test_every_flip_flop_but_a_few_known_ones_is_counted(points: list[Point]) -> None:
    off: Counter[str] = Counter()
    for point in points:
        off[point.module.NAME] += abs(point.module.terms(SERIES_7).ff - point.takes.ff)
    assert +off == MISCOUNTED


def counted_only(points: list[Point]) -> Iterator[tuple[Point, Resources]]:
    """Points of modules without a fitted term."""
    for point in points:
        structure = point.module.terms(SERIES_7)
        if not structure.fitted:
            yield point, structure.resources({})


def test_luts_of_modules_without_a_fitted_term_are_those_that_synthesis_counts(points: list[Point]) -> None:
    off: Counter[str] = Counter()
    for point, takes in counted_only(points):
        off[point.module.NAME] += abs(takes.lut - point.takes.lut)
    # Yosys shares logic between the columns of a memory of weights.
    assert +off == {"products": 17, "requantise": 1}


def test_luts_of_every_other_point_are_near(points: list[Point]) -> None:
    for point in points:
        takes = own_area(point.module, SERIES_7)
        if point.module.NAME != "products":
            assert abs(takes.lut - point.takes.lut) <= 5 + 0.1 * point.takes.lut, point.module


ULTRASCALE_PLUS_COUNTS = {
    "convolution": {
        "linear": Resources(179, 75),
        "product_pair": Resources(8, 53, 1),
        "products": Resources(113, 337, 6),
        "sliding_window": Resources(89, 48),
        "tap_order": Resources(12, 111),
    },
    "linear": {
        "linear": Resources(183, 89),
        "product_pair": Resources(8, 53, 1),
        "products": Resources(146, 221, 4),
    },
}
"""As Yosys 0.70 counted them for ``xcup``; ``test_model.py`` counts them again."""

NEAR = {"linear": 6, "products": 1, "sliding_window": 8, "tap_order": 3}
"""LUTs by which the model is off."""


@pytest.mark.parametrize("case", [convolution(2, 3, 3, 5), linear(4, 3, 7)], ids=lambda case: case.module)
def test_ultrascale_plus_has_registers_and_additions_of_its_own_beside_multipliers(case: Case) -> None:
    """They are inside of the multipliers of 7-series."""
    counts = ULTRASCALE_PLUS_COUNTS[case.module]
    for module, _ in tree(case.made(), ULTRASCALE_PLUS):
        if module.NAME in counts:
            counted, takes = counts[module.NAME], own_area(module, ULTRASCALE_PLUS)
            assert (takes.ff, takes.dsp, takes.bram) == (counted.ff, counted.dsp, 0), module.NAME
            assert abs(takes.lut - counted.lut) <= NEAR.get(module.NAME, 0), module.NAME
