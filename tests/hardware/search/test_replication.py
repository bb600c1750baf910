"""The fastest design whose stages may be built several times, held against every number of copies."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.flow.fastest import FASTEST_FILE, fastest_step
from fpga_ee.flow.generate import design_of
from fpga_ee.flow.hardware_targets import files_of
from fpga_ee.hardware.area.model import diagram_area
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe, read_integers
from fpga_ee.hardware.design.throughput import period
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.readers.exported import late_rates
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.replication import MOST_BEHIND, ReplicatedDesign, copied
from fpga_ee.hardware.search.solver import fastest
from fpga_ee.hardware.search.space_graph import space_graph
from fpga_ee.hardware.search.space_nodes import SpaceNodes

ZC706 = boards.load("zc706")


def budget(lut: float, ff: float, dsp: float, bram: float) -> Budget:
    return Budget(ZC706, (lut, ff, dsp, bram), 125)


SMALL = budget(0.09, 0.12, 0.08, 0.2)
"""Room for a few copies."""


def search(build: Path, of: Budget, folder: Path) -> ReplicatedDesign:
    return fastest_step(build, of, 4, folder, lambda _: None)


@pytest.fixture(scope="module")
def found(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ReplicatedDesign, Path]:
    folder = tmp_path_factory.mktemp("fastest")
    return search(exported, SMALL, folder), folder / FASTEST_FILE


def test_it_is_built_several_times(found: tuple[ReplicatedDesign, Path]) -> None:
    assert found[0].copies[0] > 1


def test_all_of_it_fits_and_is_as_fast_as_said(exported: Path, found: tuple[ReplicatedDesign, Path]) -> None:
    """By the diagram that hw-generate draws from the file, and by playing samples through it."""
    design, path = found
    _, manifest, _ = read_integers(exported)
    diagram = describe(exported, design_of(path, exported)).diagram
    takes = sum(diagram_area(diagram, SERIES_7).values(), Resources())
    assert takes == design.resources
    assert takes.share(SMALL.capacity) <= 1
    late = round(2000 * late_rates(manifest)[0])
    run = [int(sample * late // 2000 != (sample + 1) * late // 2000) for sample in range(2000)]
    assert period(diagram, run, design.design.buffered) == pytest.approx(design.period, rel=0.02)


def test_no_number_of_copies_is_faster(exported: Path, found: tuple[ReplicatedDesign, Path]) -> None:
    """Each number of copies is searched by itself. Faster designs do not fit with blocks that join copies."""
    graph, once = once_built(exported)
    capacity = SMALL.capacity
    layers = [layer.name for stage in graph.stages for layer in stage.layers]
    periods = {}
    for copies in product(range(1, 20), range(1, MOST_BEHIND + 1)):
        if design := fastest(copied(once, [(times,) for times in copies]), capacity):
            periods[copies] = design.period
            if design.period < found[0].period:
                foldings = {name: design.options[name].folding for name in layers}
                plan = Design(foldings, 4, {f"stage.{stage}": times for stage, times in enumerate(copies)})
                takes = sum(diagram_area(describe(exported, plan).diagram, SERIES_7).values(), Resources())
                assert takes.share(capacity) > 1
    assert periods[found[0].copies] == found[0].period
    assert max(first for first, _ in periods) < 19, "all that fit are among them"


def test_more_of_what_is_short_makes_it_faster(exported: Path, found: tuple[ReplicatedDesign, Path]) -> None:
    design, _ = found
    _, once = once_built(exported)
    nodes = copied(once, [(times,) for times in design.copies])
    assert design.short
    for name in ("lut", "ff", "dsp", "bram"):
        more = fastest(nodes, replace(SMALL.capacity, **{name: 10**8}))
        assert more is not None
        assert (more.period < design.period) == (name in design.short)


def test_the_busiest_parts_decide(exported: Path, found: tuple[ReplicatedDesign, Path]) -> None:
    design, path = found
    _, manifest, _ = read_integers(exported)
    diagram = describe(exported, design_of(path, exported)).diagram
    reaching = (1.0, *late_rates(manifest))
    assert design.busiest
    for name in design.busiest:
        assert any(
            block.interval * reaching[stage] / block.copies == pytest.approx(design.period)
            for block in diagram.blocks
            for stage in range(2)
            if block.base.startswith(name.replace(".", "_")) or name.startswith(("split", "buffer"))
        )


def test_the_file_says_what_it_is(found: tuple[ReplicatedDesign, Path]) -> None:
    design, path = found
    record = read_json(path)
    assert record["cycles_per_sample"] == design.period
    assert record["samples_per_second"] == 125e6 / design.period
    assert record["copies"] == {"stage.0": design.copies[0], "stage.1": design.copies[1]}
    assert record["board"] == "ZC706"
    assert record["source"] == "own model"


def test_copies_divide_periods_and_multiply_resources_but_not_those_of_the_merge(exported: Path) -> None:
    graph, once = once_built(exported)
    many = copied(once, ((2,), (3,)))
    of_stage = {layer.name: i for i, stage in enumerate(graph.stages) for layer in stage.layers}
    times = {"entry": 2, "split.0": 2, "decision.0": 2, "buffer.0": 2, "merge": 1}
    times |= {name: (2, 3)[stage] for name, stage in of_stage.items()}
    for before, after in zip(once, many, strict=True):
        assert before.name == after.name
        for option, copy in zip(before.options, after.options, strict=True):
            assert copy.period == option.period / times[before.name]
            assert copy.resources == option.resources * times[before.name]
            assert copy.folding == option.folding


def test_nothing_that_fits_is_said(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(
        FpgaEeError, match=r"no design of B_Lenet_se fits the budget on ZC706: the smallest needs"
    ):
        search(exported, budget(0.005, 1, 1, 1), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_family_without_a_resource_model_is_refused(exported: Path, tmp_path: Path) -> None:
    board = boards.load("ecp5-85f")
    with pytest.raises(FpgaEeError, match="which our resource model does not know"):
        search(exported, Budget(board, (1.0, 1.0, 1.0, 1.0), 80), tmp_path)


def once_built(build: Path) -> tuple[HardwareGraph, SpaceNodes]:
    """The network, and its design space with every stage built once and buffers for four samples."""
    network = files_of("rtl").read(build, None, ZC706)
    assert network.manifest is not None
    rates = late_rates(network.manifest)
    return network.graph, space_graph(network.graph, rates, network.target, (4,) * len(rates))
