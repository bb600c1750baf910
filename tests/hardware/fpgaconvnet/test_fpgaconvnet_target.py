"""The adapter: fpgaConvNet's figures unchanged, our counts beside them, and files that both can read."""

import importlib
import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers.draws import draws
from helpers.networks import B_LENET_FCN, B_LENET_SE
from helpers.strategies import layers
from hypothesis import assume, given, settings

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet import shim, units
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.layers import kind_of, model_of
from fpga_ee.hardware.fpgaconvnet.normalised_onnx import write_normalised
from fpga_ee.hardware.fpgaconvnet.partition_reader import read_partitions
from fpga_ee.hardware.fpgaconvnet.partition_writer import write_partitions
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import with_widths
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.search.space_graph import space_graph

from .loading import load_network

PUBLISHED = with_widths(B_LENET_FCN, data=16, accumulator=16)


def modelled(network: object = PUBLISHED) -> list[Convolution | Linear | Pooling]:
    return [
        layer
        for stage in network.stages
        for layer in stage.layers
        if isinstance(layer, Convolution | Linear | Pooling)
    ]


def hardware(layer: Layer) -> Any:
    """The object of fpgaConvNet, unfolded."""
    form = kind_of(layer).record
    assert form is not None
    return form.hardware(layer, Folding())


def test_unfolded_layers_have_the_figures_that_fpgaconvnet_reports() -> None:
    """LUT, FF, BRAM, DSP of its own report of the network at 16 bits, layer by layer."""
    found = {layer.name: model_of(layer).published(Folding()).resources for layer in modelled()}
    assert found["backbone.0.layer.0"] == Resources(lut=4389, ff=5148, dsp=1, bram=26)
    assert found["backbone.0.layer.1"] == Resources(lut=903, ff=1307, dsp=0, bram=3)
    assert found["exits.0.0.layer.0"] == Resources(lut=3596, ff=4519, dsp=1, bram=11)
    assert found["exits.0.2"] == Resources(lut=1705, ff=2395, dsp=1, bram=9)
    assert found["backbone.1.1.layer.0"] == Resources(lut=5041, ff=6154, dsp=1, bram=31)
    assert found["backbone.1.3"] == Resources(lut=3133, ff=4424, dsp=1, bram=66)


@pytest.mark.parametrize("layer", modelled(), ids=lambda layer: layer.name)
def test_our_interval_is_fpgaconvnets_less_what_it_counts_twice(
    layer: Convolution | Linear | Pooling,
) -> None:
    """Padding is in its input rate and in its positions: a padded convolution is too slow by their ratio."""
    for folding in model_of(layer).foldings():
        ours, theirs = model_of(layer).interval(folding), model_of(layer).published(folding).interval
        if isinstance(layer, Convolution):
            rows, cols = layer.window.padded(layer.input.rows, layer.input.cols)
            excess = rows * cols / (layer.input.rows * layer.input.cols)
            assert ours <= theirs <= math.ceil(ours * excess)
        else:
            assert ours == theirs


@pytest.mark.parametrize("layer", modelled(), ids=lambda layer: layer.name)
def test_the_feasible_foldings_are_those_of_fpgaconvnet(layer: Convolution | Linear | Pooling) -> None:
    theirs = hardware(layer)
    found = model_of(layer).foldings()
    assert {folding.coarse_in for folding in found} == set(theirs.get_coarse_in_feasible())
    assert {folding.coarse_out for folding in found} == set(theirs.get_coarse_out_feasible())
    if isinstance(layer, Convolution):
        assert {folding.coarse_group for folding in found} == set(theirs.get_coarse_group_feasible())
        assert {folding.fine for folding in found} == set(theirs.get_fine_feasible())


@given(layers())
@settings(max_examples=draws(50))
def test_without_padding_and_groups_the_two_agree(layer: Layer) -> None:
    window = getattr(layer, "window", None)
    assume(isinstance(layer, Convolution | Linear | Pooling))
    assume(getattr(layer, "groups", 1) == 1 and (window is None or not any(window.padding)))
    for folding in model_of(layer).foldings():
        assert model_of(layer).published(folding).interval == model_of(layer).interval(folding)


def test_a_bias_costs_an_adder_and_not_fpgaconvnets_module() -> None:
    layer = modelled()[0]
    assert isinstance(layer, Convolution)
    folding = Folding(coarse_out=5, fine=25)
    # It leaves its module out exactly where there is a bias.
    model = model_of(layer)
    adders = units.bias_adder(layer.output, folding.streams_out)
    assert model.resources(folding) == model.published(folding).resources + adders


def test_narrower_words_use_less() -> None:
    narrow, wide = modelled(B_LENET_SE)[0], modelled(with_widths(B_LENET_SE, 16, 30))[0]
    folding = Folding(coarse_out=5, fine=25)
    assert model_of(narrow).resources(folding).lut < model_of(wide).resources(folding).lut


def test_words_too_wide_for_its_memories_are_refused() -> None:
    layer = modelled(with_widths(B_LENET_SE, 16, 40))[0]
    with pytest.raises(FpgaEeError, match=r"backbone\.0\.layer\.0 has words of 40 bits"):
        model_of(layer).resources(Folding())


class TestMissing:
    @pytest.fixture(autouse=True)
    def without_the_package(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        real = importlib.import_module

        def refuse(name: str, package: str | None = None) -> ModuleType:
            if name.startswith("fpgaconvnet"):
                raise ModuleNotFoundError("No module named 'fpgaconvnet'", name="fpgaconvnet")
            return real(name, package)

        shim.modules.cache_clear()
        monkeypatch.setattr(importlib, "import_module", refuse)
        yield
        shim.modules.cache_clear()

    def test_the_message_has_the_line_that_installs_it(self) -> None:
        with pytest.raises(FpgaEeError, match=r"pip install --no-deps fpgaconvnet-model==0\.1\.4\.2"):
            model_of(modelled()[0]).resources(Folding())

    def test_intervals_need_nothing_of_it(self) -> None:
        assert model_of(modelled()[0]).interval(Folding()) == 128_000


def test_the_smallest_published_design_has_its_published_figures(published_design: EstimatedDesign) -> None:
    """Design A1: intervals 6,400 and 14,400, 62,728 LUT, 165 DSP, 284 BRAM; 8 DSP are its float decision."""
    assert [published_design.stage_interval(stage) for stage in (0, 1)] == [6_400, 14_400]
    used = published_design.resources
    assert (used.dsp, used.bram) == (165 - 8, 284)
    assert used.lut == pytest.approx(62_728, rel=0.02)


def test_so_has_the_largest(published_design: EstimatedDesign) -> None:
    """Design A3: intervals 1,296 and 2,880, 122,014 LUT, 738 DSP, 956 BRAM."""
    largest = {
        "conv0": Folding(1, 5, 1, 25), "pool0": Folding(5, 5), "relu0": Folding(1, 1),
        "conv1": Folding(5, 2, 1, 9), "pool1": Folding(2, 2), "relu1": Folding(5, 5), "fc1": Folding(5, 2),
        "conv2": Folding(1, 10, 1, 25), "pool2": Folding(2, 2), "relu2": Folding(1, 1),
        "conv3": Folding(2, 5, 1, 25), "pool3": Folding(4, 4), "relu3": Folding(4, 4), "fc3": Folding(5, 1),
    }  # fmt: skip
    graph = published_design.graph
    nodes = space_graph(graph, [0.25], FPGACONVNET, buffered=[2])
    design = estimated(graph, FPGACONVNET, nodes, given_design(nodes, largest))
    assert [design.stage_interval(stage) for stage in (0, 1)] == [1_296, 2_880]
    assert (design.resources.dsp, design.resources.bram) == (738 - 8, 956)
    assert design.resources.lut == pytest.approx(122_014, rel=0.02)


@pytest.mark.parametrize("stage", [0, 1])
def test_its_own_parser_reads_the_normalised_copy_as_the_same_layers(tmp_path: Path, stage: int) -> None:
    path = tmp_path / "stage.onnx"
    write_normalised(path, PUBLISHED.stages[stage])
    parsed = shim.modules().network.Network("stage", str(path)).partitions[0].graph
    layers = [layer for layer in modelled() if f"{layer.name}.out" in parsed]
    wanted = [layer for layer in modelled() if layer in PUBLISHED.stages[stage].layers]
    assert layers == wanted
    for layer in layers:
        theirs = parsed.nodes[f"{layer.name}.out"]["hw"]
        used = theirs.resource()
        assert (
            Resources(used["LUT"], used["FF"], used["DSP"], used["BRAM"])
            == model_of(layer).published(Folding()).resources
        )
        assert (theirs.channels_in(), theirs.rows_in(), theirs.cols_in()) == (
            layer.input.channels, layer.input.rows, layer.input.cols,
        )  # fmt: skip


def test_what_is_written_loads_in_fpgaconvnet_with_the_same_figures(
    published_design: EstimatedDesign, tmp_path: Path
) -> None:
    path = tmp_path / "partitions.json"
    write_partitions(path, published_design)
    network = load_network(path)
    for stage, partition in zip(published_design.graph.stages, network.partitions, strict=True):
        layers = [layer for layer in stage.layers if layer.name in partition.graph]
        theirs = [
            model_of(layer).published(published_design.components[layer.name].folding)
            for layer in layers
            if isinstance(layer, Convolution | Linear | Pooling)
        ]
        total = sum((figures.resources for figures in theirs), Resources())
        used = partition.get_resource_usage()
        assert total == Resources(used["LUT"], used["FF"], used["DSP"], used["BRAM"])
        assert math.ceil(partition.get_interval()) == max(figures.interval for figures in theirs)


def test_what_is_written_is_read_as_the_same_design(
    published_design: EstimatedDesign, tmp_path: Path
) -> None:
    path = tmp_path / "partitions.json"
    write_partitions(path, published_design)
    graph, foldings = read_partitions(path)
    assert graph.stages == published_design.graph.stages
    assert foldings == {
        layer.name: published_design.components[layer.name].folding
        for stage in graph.stages
        for layer in stage.layers
    }
