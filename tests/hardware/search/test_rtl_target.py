"""The search over our own library counts the hardware that hw-generate draws, in every case."""

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from helpers.deploying import export_quantized
from helpers.drawn_networks import HARDWARE_KINDS, JOINING_KINDS, Drawn, Kinds, deployments
from helpers.draws import draws
from helpers.exported import Exported
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.constraints import Constraints
from fpga_ee.flow.estimate import estimate_step, plan_step
from fpga_ee.flow.generate import design_of, generate_step
from fpga_ee.flow.hardware_targets import TargetNetwork, files_of
from fpga_ee.hardware.area.model import diagram_area
from fpga_ee.hardware.design.accelerator import accelerator
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe, generate, load, read_integers
from fpga_ee.hardware.design.throughput import period
from fpga_ee.hardware.diagram.diagram import Diagram
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet import shim
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph, Stage, fitted
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space, settled
from fpga_ee.hardware.search.early_exit_gains import baseline
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.simulation import harness
from fpga_ee.hardware.simulation.expected import expected
from fpga_ee.hardware.simulation.simulate import simulate
from fpga_ee.hardware.tools.workplace import workplace

ZC706 = boards.load("zc706")
BUDGET = Budget(ZC706, (1.0, 1.0, 1.0, 1.0), 125)


def whole(diagram: Diagram) -> Resources:
    return sum(diagram_area(diagram, SERIES_7).values(), Resources())


def read(build: Path) -> TargetNetwork:
    return files_of("rtl").read(build, None, ZC706)


@pytest.fixture(scope="module")
def space(exported: Path) -> Space:
    network = read(exported)
    return Space(network.graph, (0.25,), BUDGET, network.target, (1,))


@st.composite
def designs(draw: st.DrawFn, space: Space) -> EstimatedDesign:
    """Any design at all, with a folding of every layer and streams through every unit."""
    foldings = {
        node.name: option.folding or Folding(option.streams_in, option.streams_out)
        for node in space.nodes[1:]
        for option in [draw(st.sampled_from(node.options))]
    }
    return estimated(space.graph, space.target, space.nodes, given_design(space.nodes, foldings))


class TestExactly:
    """The sum over all parts is the sum over all modules of the accelerator that is drawn for the design."""

    @pytest.mark.parametrize("throughput", [1_000, 20_000, 97_000])
    def test_what_the_search_chooses(self, exported: Path, space: Space, throughput: float) -> None:
        settled_space, chosen = settled(space, lambda one: one.cheapest(throughput))
        plan = Design(chosen.foldings, settled_space.buffered)
        assert chosen.resources == whole(describe(exported, plan).diagram)

    @settings(max_examples=draws(25), suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_any_folding(self, exported: Path, space: Space, data: st.DataObject) -> None:
        samples = data.draw(st.integers(1, 40))
        design = data.draw(designs(replace(space, buffered=(samples,))))
        assert design.resources == whole(describe(exported, Design(design.foldings, samples)).diagram)

    def test_the_network_without_exits(self, space: Space) -> None:
        plain = baseline(space, 1.0)
        design = plain.cheapest(5_000)
        assert design.resources == whole(accelerator(plain.graph, Design(design.foldings), []))

    def test_both_criteria_and_three_exits(self, three_exits: Exported) -> None:
        build = three_exits.folder
        network = read(build)
        depths = (4, 2)
        space = Space(network.graph, (0.5, 0.25), BUDGET, network.target, depths)
        design = space.fastest()
        diagram = describe(build, Design(design.foldings, depths)).diagram
        assert design.resources == whole(diagram)
        drawn = {
            block.name: block.module.samples
            for block in diagram.blocks
            if isinstance(block.module, ConditionalBuffer)
        }
        assert (drawn["buffer_0"], drawn["buffer_1"]) == depths

    @pytest.mark.slow
    @settings(
        max_examples=draws(3),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    @pytest.mark.parametrize("kinds", [HARDWARE_KINDS, JOINING_KINDS], ids=["chains", "joins"])
    def test_any_network(
        self, kinds: Kinds, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        exits = data.draw(st.integers(1, 3))
        drawn: Drawn = data.draw(deployments(exits=exits, kinds=kinds))
        build = tmp_path_factory.mktemp("build")
        try:
            quantized = drawn.quantized()
            export_quantized(drawn.network, quantized, drawn.rules, build)
            network = read(build)
        except FpgaEeError:
            assume(False)  # what cannot be exported exactly, or read, is other tests' concern
        rates = tuple(0.5**stage for stage in range(1, exits))
        depths = tuple(data.draw(st.integers(1, 8)) for _ in rates)
        space = Space(network.graph, rates, BUDGET, network.target, depths)
        design = data.draw(designs(space))
        assert design.resources == whole(describe(build, Design(design.foldings, depths)).diagram)


@settings(max_examples=draws(200), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_design_is_slower_than_its_slowest_part(exported: Path, space: Space, data: st.DataObject) -> None:
    """By the two models, a part alone and a run played row by row; all samples are late."""
    design = data.draw(designs(replace(space, buffered=(16,))))
    diagram = describe(exported, Design(design.foldings, 16)).diagram
    assert period(diagram, [1] * 40, [16]) == pytest.approx(design.period((1.0, 1.0)), rel=0.005)


def test_what_stands_in_the_top_module_is_counted_too(exported: Path, space: Space) -> None:
    design = space.cheapest(1_000)
    areas = diagram_area(describe(exported, Design(design.foldings, 1)).diagram, SERIES_7)
    assert areas[TOP] != Resources()


def test_every_folding_that_is_offered_can_be_built_at_its_interval(exported: Path, space: Space) -> None:
    """One layer at a time, the others as narrow as they can be."""
    graph, _, tables = read_integers(exported)
    for layer in space.graph.layers:
        for folding in layer.foldings():
            diagram = accelerator(graph, Design({layer.name: folding}), tables)
            drawn = [block for block in diagram.blocks if block.name == layer.name.replace(".", "_")]
            assert [block.interval for block in drawn] == [space.target.interval(layer, folding)]


def test_sums_that_are_wider_in_hardware_are_so_in_the_search(space: Space) -> None:
    def narrow(graph: HardwareGraph) -> HardwareGraph:
        first = graph.stages[0]
        convolution, *others = first.backbone
        sums = replace(convolution.output, format=replace(convolution.output.format, bits=4))
        return replace(
            graph,
            stages=(
                replace(first, backbone=chain_of((replace(convolution, output=sums), *others))),
                *graph.stages[1:],
            ),
        )

    sums, requantise, *_ = fitted(narrow(space.graph)).stages[0].backbone
    assert sums.output.format.bits == requantise.inputs[0].format.bits == 8 + 7
    assert fitted(space.graph) == space.graph


def test_unsigned_words_are_their_own_relu() -> None:
    """A ReLU of unsigned words is not searched or drawn. The layer behind it reads the layer before it."""
    word = FixedPoint(8, signed=False, frac=4)
    passing, pooled = FeatureMap(2, 4, 4, word), FeatureMap(2, 2, 2, word)
    relu = Relu("relu", passing, replace(passing, format=replace(word, signed=True)))
    pool = Pooling("pool", relu.output, pooled, Window((2, 2), (2, 2)))
    last = replace(relu, name="last")
    (stage,) = fitted(HardwareGraph("n", (Stage(chain_of((relu, pool)), chain_of((last,)), None),))).stages
    assert stage.backbone == chain_of((replace(pool, input=passing),))
    # An exit has a layer at least.
    assert [layer.name for layer in stage.exit.layers] == ["last"]


def check_latencies(graph: HardwareGraph, said: Sequence[int], taken: Mapping[int, int]) -> None:
    """Compare the computed latency of each exit with the simulated one, except for blocks between layers.

    In front of a layer stand at most two converters, of one cycle each, and two queues, of two cycles each.
    """
    assert taken
    for exit_, measured in taken.items():
        passed = [layer for stage in graph.stages[: exit_ + 1] for layer in stage.backbone.layers]
        between = 6 * len([*passed, *graph.stages[exit_].exit.layers])
        assert measured - between <= said[exit_] <= measured, (exit_, said[exit_], measured)


def first_latencies(build: Path, folder: Path, images: LabelledImages) -> dict[int, int]:
    """Cycles that the first sample takes through an accelerator, for every exit that some image leaves at."""
    diagram = load(build, folder).diagram
    codes = np.moveaxis(images.head(64).images, 1, -1)
    exits = expected(build, load_manifest(build), codes).exits.tolist()
    found = {}
    with workplace(folder, "simulation") as work:
        program = harness.build(diagram, folder, work)
        for exit_ in sorted(set(exits)):
            index = exits.index(exit_)
            report = harness.Run(folder, diagram)(program, codes[index : index + 1])
            found[exit_] = report.results[0].cycle - report.entered[0] + 1
    return found


@pytest.mark.slow
class TestLatency:
    """The first sample that leaves at an exit, early or late, is as late as the design says."""

    @pytest.mark.parametrize("throughput", [20_000, 97_000])
    def test_of_what_the_search_chooses(self, half_early: Path, throughput: float, tmp_path: Path) -> None:
        network = read(half_early)
        space = Space(network.graph, (0.25,), BUDGET, network.target, (1,))
        settled_space, chosen = settled(space, lambda one: one.cheapest(throughput))
        generate(half_early, Design(chosen.foldings, settled_space.buffered), tmp_path)
        taken = first_latencies(half_early, tmp_path, load_mnist("validation"))
        assert set(taken) == {0, 1}
        check_latencies(network.graph, chosen.latencies(), taken)

    def test_of_both_criteria_and_three_exits(
        self, three_exits: Exported, validation_images: LabelledImages, tmp_path: Path
    ) -> None:
        build = three_exits.folder
        network = read(build)
        space = Space(network.graph, (0.5, 0.25), BUDGET, network.target, (4, 2))
        design = space.fastest()
        generate(build, Design(design.foldings, (4, 2)), tmp_path / "rtl")
        taken = first_latencies(build, tmp_path / "rtl", validation_images)
        assert set(taken) == {0, 1, 2}
        check_latencies(network.graph, design.latencies(), taken)


@pytest.fixture(scope="module")
def results(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the step for the export, at a throughput that is easy to reach."""
    folder = tmp_path_factory.mktemp("results")
    estimate_step(exported, Constraints(target="rtl"), 20_000, folder, lambda _: None)
    return folder


@pytest.mark.slow
class TestStep:
    def test_hw_generate_builds_what_was_chosen(self, exported: Path, results: Path) -> None:
        record = json.loads((results / "estimate.json").read_text())
        diagram = describe(exported, design_of(results / "estimate.json", exported)).diagram
        assert Resources(**record["resources"]) == whole(diagram)
        built = {block.name: block.interval for block in diagram.blocks if block.interval}
        parts = {part["name"].replace(".", "_"): part["interval"] for part in record["parts"]}
        shared = built.keys() & parts.keys()
        assert {"backbone_0_layer_0", "decision_0", "buffer_0", "merge"} <= shared
        assert all(built[name] == parts[name] for name in shared)

    def test_what_was_chosen_is_exact_and_as_late_as_was_said(
        self, exported: Path, results: Path, tmp_path: Path
    ) -> None:
        generate_step(exported, results / "estimate.json", None, tmp_path)
        simulation = simulate(
            load(exported, tmp_path), tmp_path, np.moveaxis(load_mnist("validation").head(4).images, 1, -1)
        )
        assert simulation.problem is None
        said = json.loads((results / "estimate.json").read_text())["latency_cycles"]
        # The first sample has the accelerator for itself.
        taken = {exit_: each.least for exit_, each in enumerate(simulation.latencies) if each}
        check_latencies(read(exported).graph, said, taken)

    def test_only_what_the_library_has_is_written(self, results: Path) -> None:
        names = {path.name for path in results.iterdir()}
        assert names == {"estimate.json", "intervals.png", "buffer_0.png"}

    def test_its_own_file_stands_for_the_design(self, exported: Path, results: Path, tmp_path: Path) -> None:
        plan_step(results / "estimate.json", exported, Constraints(), tmp_path)
        assert (tmp_path / "estimate.json").read_bytes() == (results / "estimate.json").read_bytes()

    def test_fpgaconvnet_is_not_needed(
        self, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(name: str, _package: str | None = None) -> ModuleType:
            raise AssertionError(name)

        shim.modules.cache_clear()
        monkeypatch.setattr(importlib, "import_module", refuse)
        estimate_step(exported, Constraints(target="rtl"), 1_000, tmp_path, lambda _: None)

    @pytest.mark.parametrize(
        ("constraints", "message"),
        [
            (Constraints(target="hls"), "no target hls: choose one of fpgaconvnet, rtl"),
            (Constraints(target="rtl", width=16), "--width 16 is for fpgaConvNet's model"),
            (Constraints(target="rtl", board="ecp5-85f"), "ECP5 LFE5U-85F has a LFE5U-85F-6BG381, which our"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, exported: Path, tmp_path: Path, constraints: Constraints, message: str
    ) -> None:
        with pytest.raises(FpgaEeError, match=message):
            estimate_step(exported, constraints, None, tmp_path, lambda _: None)

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FpgaEeError, match=r"model\.onnx is no folder of `fpga-ee export`"):
            estimate_step(tmp_path / "model.onnx", Constraints(target="rtl"), None, tmp_path, lambda _: None)
        (tmp_path / "partitions.json").write_text("{}")
        with pytest.raises(FpgaEeError, match="so it cannot be a design for rtl"):
            plan_step(tmp_path / "partitions.json", None, Constraints(target="rtl"), tmp_path)
