"""Our own model of resources, compared with synthesis, and facts that hold for any fit."""

import json
from dataclasses import replace
from itertools import pairwise
from math import isclose
from pathlib import Path

import pytest
from helpers.area_cases import (
    CLIPS,
    PRODUCTS,
    clipped,
    convolution,
    entropy_decision,
    grouped_convolution,
    linear,
    products_of,
)
from helpers.draws import draws
from helpers.exported import Exported
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.flow.synthesise import synthesise_step
from fpga_ee.hardware.area.coefficients import fit
from fpga_ee.hardware.area.measure import measure
from fpga_ee.hardware.area.model import diagram_area, module_area, own_area
from fpga_ee.hardware.area.sweep import Case, Drawn, Point, case_of, read, sources
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate
from fpga_ee.hardware.diagram.diagram import Block, Diagram, Role, Section
from fpga_ee.hardware.diagram.module import LibraryModule, tree
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.families import MODELLED
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.families.xcup import FAMILY as ULTRASCALE_PLUS
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram, rom
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.library.adder_tree import AdderTree
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.library.products import Products
from fpga_ee.hardware.library.requantise import RequantiseModule
from fpga_ee.hardware.library.sample_collector import SampleCollector
from fpga_ee.hardware.library.stream_fifo import StreamFifo
from fpga_ee.hardware.library.stream_narrow import StreamNarrow
from fpga_ee.hardware.library.stream_skid import StreamSkid
from fpga_ee.hardware.tools.sources import AREA, modules
from fpga_ee.hardware.tools.yosys import version

STREAM = Stream("a", 1, 8, signed=False, beats=4, stage=0)

MODULE_LUT, LAYER_LUT, LAYER_FF = 0.15, 0.05, 0.01
"""By how much the LUTs of a module and the LUTs and flip-flops of a layer may be off, and a few LUTs more."""


NOTHING_FITTED = {
    "adder_tree",
    "convolution",
    "grouped_convolution",
    "join_ids",
    "product_pair",
    "sample_ids",
    "stream_skid",
    "stream_split",
    "word_select",
}
"""Modules whose look-up tables are counted, like their other resources."""

SPARED_FF = {"constant_products": 9, "grouped_linear": 1, "linear": 1, "row_ledger": 1}
"""By how many flip-flops a module of these may be off."""


@pytest.fixture(scope="module")
def points() -> list[Point]:
    return read(AREA / "xc7.jsonl")


def whole(case: Case) -> Resources:
    """Count a case on 7-series by the model, with all modules inside it."""
    return module_area(case.made(), SERIES_7)


@pytest.mark.parametrize("family", MODELLED.values(), ids=list(MODELLED))
def test_layers_that_no_sweep_has_seen_are_as_synthesis_counts_them(family: Family, tmp_path: Path) -> None:
    cases = [convolution(2, 3, 3, 5), linear(4, 3, 7), linear(1, 12, 9), grouped_convolution(2, 3, 11)]
    for case, counted in zip(cases, measure(cases, tmp_path, family), strict=True):
        seen = {it.NAME: (it, count) for it, count in tree(case.made(), family) if it.NAME in counted}
        total, said = Resources(), Resources()
        for module, takes in counted.items():
            it, count = seen[module]
            model, real = own_area(it, family), Resources(*takes)
            assert (model.dsp, model.bram) == (real.dsp, real.bram), module
            assert abs(model.lut - real.lut) <= 5 + MODULE_LUT * real.lut, module
            # Yosys finds one more bit of the ledger that never changes.
            assert abs(model.ff - real.ff) <= (module == "row_ledger"), module
            total, said = total + real * count, said + model * count
        assert isclose(said.lut, total.lut, rel_tol=LAYER_LUT)
        assert isclose(said.ff, total.ff, rel_tol=LAYER_FF)


def test_a_clip_is_bounds_that_cost_next_to_nothing(tmp_path: Path) -> None:
    """Yosys spares more or less of a comparison, by the bits of its bounds: at most 5 LUT for each lane."""
    cases = [clipped(limits) for limits in CLIPS]
    plain = clipped((0, 255)).made().terms(SERIES_7)
    for case, counted in zip(cases, measure(cases, tmp_path, SERIES_7), strict=True):
        model, real = own_area(case.made(), SERIES_7), Resources(*counted["requantise"])
        assert (model.ff, model.dsp, model.bram) == (real.ff, 0, 0) == (plain.ff, 0, 0)
        assert abs(model.lut - real.lut) <= 5 * case.parameters["LANES"]


def test_a_product_of_nine_bits_has_a_multiplier_and_few_bounds_have_a_register(tmp_path: Path) -> None:
    """Both are rare in the sweep. Bounds in a block RAM need no register beside it."""
    decisions = [entropy_decision(threshold) for threshold in (0.0003, 0.3)]
    cases = [products_of(4, 4), products_of(4, 5), products_of(5, 4), *decisions]
    found = measure(cases, tmp_path, SERIES_7)
    modelled = [own_area(case.made(), SERIES_7) for case in cases]
    for case, counted, model in zip(cases, found, modelled, strict=True):
        real = Resources(*counted[case.module])
        assert (model.ff, model.dsp, model.bram) == (real.ff, real.dsp, real.bram), case
    assert [model.dsp for model in modelled[:3]] == [0, 2, 2]
    assert [model.bram for model in modelled[3:]] == [0, 1]


def test_multipliers_and_block_rams_of_the_sweep_are_exact(points: list[Point]) -> None:
    for point in points:
        structure = point.module.terms(SERIES_7)
        assert (structure.dsp, structure.bram) == (point.takes.dsp, point.takes.bram), point.module


def test_flip_flops_of_the_sweep_are_counted_not_fitted(points: list[Point]) -> None:
    """Synthesis spares single ones of some modules; those of all others are exact."""
    off = [abs(point.module.terms(SERIES_7).ff - point.takes.ff) for point in points]
    assert sum(off) <= 0.001 * sum(point.takes.ff for point in points)
    for point, by in zip(points, off, strict=True):
        assert by <= SPARED_FF.get(point.module.NAME, 0), point.module


def test_look_up_tables_of_modules_without_a_fit_are_exact(points: list[Point]) -> None:
    exact = [point for point in points if point.module.NAME in NOTHING_FITTED]
    assert {point.module.NAME for point in exact} == NOTHING_FITTED
    for point in exact:
        assert own_area(point.module, SERIES_7).lut == point.takes.lut, point.module


def test_the_sweep_is_of_the_library_as_it_is_and_of_the_tool_that_counts() -> None:
    records = [json.loads(line) for line in (AREA / "xc7.jsonl").read_text().splitlines()]
    assert (
        {record["tool"] for record in records}
        == {version()}
        == {read_json(AREA / SERIES_7.coefficients)["tool"]}
    )
    changed = {r["module"] for r in records if r["sources"] != sources(case_of(r))}
    assert not changed, "count them again with `python benchmarks/area.py sweep`, then fit"


def test_the_coefficients_are_those_of_the_sweep(points: list[Point]) -> None:
    committed = read_json(AREA / SERIES_7.coefficients)["coefficients"]
    again = fit(points)
    assert committed.keys() == again.keys()
    for module, coefficients in again.items():
        assert committed[module] == pytest.approx(coefficients, abs=1e-3), module


def test_no_coefficient_is_negative() -> None:
    coefficients = read_json(AREA / SERIES_7.coefficients)["coefficients"]
    assert all(value >= 0 for module in coefficients.values() for value in module.values())


def test_every_module_of_the_library_is_in_the_sweep(points: list[Point]) -> None:
    assert {path.stem for path in modules()} == {point.module.NAME for point in points}


def test_a_module_that_is_not_is_refused_by_name() -> None:
    with pytest.raises(FpgaEeError, match="the hardware library has no module systolic_array: sweep again"):
        Case("systolic_array", {}).made()


def test_a_case_that_lacks_a_parameter_is_refused_by_its_name() -> None:
    with pytest.raises(FpgaEeError, match="a case of stream_fifo lacks 'DEPTH': sweep again"):
        Case("stream_fifo", {"WIDTH": 8}).made()


@pytest.mark.parametrize(
    ("module", "grows"),
    [
        (StreamFifo(width=8, depth=16), "width"),
        (StreamSkid(width=8), "width"),
        (StreamNarrow(width=8, factor=3), "factor"),
        (RequantiseModule(lanes=1, in_bits=20, out_bits=8, shift=7, low=0, high=255), "lanes"),
        (AdderTree(count=4, bits=15, sum_bits=24), "count"),
        (ConditionalBuffer(width=8, beats=100, samples=2, id_bits=16, keep=0), "width"),
        (SampleCollector(copies=2, width=8, id_bits=16), "copies"),
    ],
    ids=str,
)
def test_more_of_it_never_takes_less(module: LibraryModule, grows: str) -> None:
    before = Resources()
    for more in range(12):
        takes = own_area(replace(module, **{grows: getattr(module, grows) + more}), SERIES_7)
        assert takes.lut + 100 * takes.bram >= before.lut + 100 * before.bram
        assert takes.ff + 40 * takes.bram >= before.ff
        before = takes


@settings(max_examples=draws(40))
@given(data=st.data())
def test_any_linear_layer_takes_something(data: st.DataObject) -> None:
    in_bits, bits = data.draw(st.integers(1, 8)), data.draw(st.integers(2, 8))
    words, lanes, beats, folds = (data.draw(st.integers(1, 6)) for _ in range(4))
    numbers = PRODUCTS | {"IN_BITS": in_bits, "WEIGHT_BITS": bits, "IN_SIGNED": data.draw(st.integers(0, 1))}
    weights = Drawn(beats * folds, words * lanes, bits, 2**bits / 4, seed=data.draw(st.integers(0, 99)))
    drawn = {
        "CONSTANT_WEIGHTS" if beats * folds == 1 else "WEIGHTS": weights,
        "BIAS": Drawn(folds, lanes, 20, 99, seed=1),
    }
    sizes = {"WORDS": words, "LANES": lanes, "BEATS": beats, "FOLDS": folds}
    area = whole(Case("linear", sizes | numbers, drawn))
    assert area.lut > 0
    assert area.ff > 0
    assert 0 <= area.dsp <= words * lanes


def test_more_filters_together_take_more_multipliers() -> None:
    takes = [whole(linear(4, lanes, 1)) for lanes in (1, 2, 3, 4, 6, 12)]
    # Two filters share one.
    assert [area.dsp for area in takes] == [4, 4, 8, 8, 12, 24]
    assert all(a.ff < b.ff for a, b in pairwise(takes))


def test_what_a_memory_is_made_of_follows_from_its_size() -> None:
    luts = SERIES_7.lut_memory
    assert ram(32, 9, luts).takes == Resources(lut=8)
    assert ram(10_240, 8, luts).takes == Resources(bram=5)
    assert (ram(1, 20, luts).kind, rom(16, 100).kind, rom(1000, 35).kind) == (
        Kind.LOGIC,
        Kind.LOGIC,
        Kind.BRAM,
    )
    # UltraScale+ has primitives of eight LUTs, for 14 bits of 32 words or 7 of 64.
    assert ram(32, 9, ULTRASCALE_PLUS.lut_memory).takes == Resources(lut=8)
    assert ram(32, 15, ULTRASCALE_PLUS.lut_memory).takes == Resources(lut=16)


def test_what_a_read_only_memory_holds_decides_what_it_takes() -> None:
    drawn = Drawn(8, 4, 7, 20, seed=1).image("weights.hex")
    products = Products(
        words=4,
        lanes=1,
        lines=8,
        in_bits=8,
        in_signed=0,
        weight_bits=7,
        multiplier_bits=25,
        weights=drawn,
    )
    same = replace(products, weights=replace(drawn, words=(drawn.words[0],) * 8))
    full, empty = (own_area(it, SERIES_7) for it in (products, same))
    assert full.lut > empty.lut == 0
    assert full.dsp == empty.dsp == 4


def test_copies_are_counted_as_often_as_they_are_there() -> None:
    block = Block("skid", StreamSkid(width=8), {"in": STREAM}, {"out": STREAM})
    one, three = (
        diagram_area(
            Diagram("net", (Section(0, Role.BACKBONE, (block,) * count),), STREAM, STREAM, 16, ()), SERIES_7
        )
        for count in (1, 3)
    )
    assert three["stream_skid"] == one["stream_skid"] * 3 == Resources(lut=33, ff=30)


@pytest.mark.slow
@pytest.mark.parametrize("family", MODELLED.values(), ids=list(MODELLED))
def test_a_network_that_the_fit_has_not_seen(family: Family, three_exits: Exported, tmp_path: Path) -> None:
    # Weights of 7 bits, words of 4, three exits, both rules; nothing is folded.
    build, rtl = three_exits.folder, tmp_path / "rtl"
    generate(build, Design({}), rtl)
    counted = synthesise_step(build, rtl, family)
    real, said = counted.synthesis.total, counted.modelled
    assert (said.dsp, said.bram) == (real.dsp, real.bram)
    assert isclose(said.lut, real.lut, rel_tol=LAYER_LUT)
    assert isclose(said.ff, real.ff, rel_tol=LAYER_FF)
    record = read_json(rtl / f"synthesis_{family.name}.json")
    assert record["model"]["error"]["lut"] == said.lut / real.lut - 1
    assert {module["module"] for module in record["modules"]} == set(record["model"]["modules"])
