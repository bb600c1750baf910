"""Whole accelerators of random networks, held against ONNX Runtime; and broken ones, which must be caught."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import export_quantized
from helpers.drawn_networks import HARDWARE_KINDS, JOINING_KINDS, Drawn, Kinds, deployments
from helpers.draws import draws
from helpers.shared import shared
from helpers.small_accelerators import STRIPES, codes_of, export_small
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate, load
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.hardware.simulation.simulate import Pauses, simulate
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import quantize

EXAMPLES = 2
"""Networks for every number of exits; `make hw-random` draws more of them than CI."""


@st.composite
def plans(draw: st.DrawFn, graph: HardwareGraph) -> Design:
    """A random folding of every layer, random streams through split and buffer, shallow buffers, copies."""
    foldings = {layer.name: draw(st.sampled_from(layer.foldings())) for layer in graph.layers}
    for index, stage in enumerate(graph.stages[:-1]):
        channels = stage.feature_map.channels
        for unit in ("split", "buffer"):
            streams = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
            foldings[f"{unit}.{index}"] = Folding(streams, streams)
    copies = {f"stage.{index}": draw(st.integers(1, 3)) for index in range(len(graph.stages))}
    depths = tuple(draw(st.integers(1, 4)) for _ in graph.stages[:-1])
    return Design(foldings, depths, copies)


@pytest.mark.slow
@settings(
    max_examples=draws(EXAMPLES),
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
@pytest.mark.parametrize("exits", [1, 2, 3])
def test_any_network_at_any_folding(
    exits: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # The first example is the simplest that there is, and not worth compiling.
    assume(data.draw(st.booleans()))
    check_simulation(data, exits, HARDWARE_KINDS, tmp_path_factory.mktemp("build"))


@pytest.mark.slow
@settings(max_examples=draws(EXAMPLES), phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_network_with_joins_at_any_folding(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume(data.draw(st.booleans()))
    check_simulation(data, data.draw(st.integers(1, 2)), JOINING_KINDS, tmp_path_factory.mktemp("build"))


def check_simulation(data: st.DataObject, exits: int, kinds: Kinds, build: Path) -> None:
    """Simulate a network that is drawn, at a folding that is drawn too."""
    drawn: Drawn = data.draw(deployments(exits=exits, kinds=kinds))
    try:
        export_quantized(drawn.network, drawn.quantized(), drawn.rules, build)
        graph, _ = read_export(build)
    except FpgaEeError:
        # What cannot be exported exactly, or read, is other tests' concern.
        assume(False)
    plan = data.draw(plans(graph))
    generate(build, plan, build / "rtl")
    codes = np.moveaxis((drawn.images * 256).astype(np.uint8), 1, -1)
    pauses = Pauses(data.draw(st.sampled_from([0, 30])), seed=1)
    found = simulate(load(build, build / "rtl"), build / "rtl", np.tile(codes, (5, 1, 1, 1)), pauses)
    assert found.problem is None
    if pauses.percent == 0:
        # The model plays rows as a whole: what registers hold of one matters where rows are few and slow.
        assert found.model_interval == pytest.approx(found.interval, rel=0.1, abs=2)


@pytest.mark.slow
def test_a_stage_that_is_only_a_relu_of_unsigned_words_changes_none(tmp_path: Path) -> None:
    """Its words use the highest bit too."""
    export_small(nn.ReLU(), tmp_path / "build")
    generate(tmp_path / "build", Design({}), tmp_path / "rtl")
    simulation = simulate(load(tmp_path / "build", tmp_path / "rtl"), tmp_path / "rtl", codes_of(60))
    assert simulation.problem is None
    assert min(simulation.exits) > 0


class Padded(nn.Module):
    """Poolings of signed words with incomplete and late windows, paddings that differ, and a whole map."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.MaxPool2d(2, stride=3, ceil_mode=True),
            nn.ZeroPad2d((1, 0, 3, 2)),
            nn.Conv2d(4, 4, (2, 3), padding="same", dilation=(2, 1), groups=2),
            nn.MaxPool2d((3, 2), padding=1, ceil_mode=True),
            nn.AdaptiveMaxPool2d(1),
            nn.Conv2d(4, 64, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.parametrize("percent", [0, 30])
def test_paddings_that_differ_from_side_to_side(percent: int) -> None:
    def export_padded(folder: Path) -> None:
        export_small(nn.Sequential(nn.Conv2d(4, 4, 3, padding=2), Padded()), folder)
        generate(folder, Design({}), folder / "rtl")

    build = shared("padded", export_padded)
    simulation = simulate(load(build, build / "rtl"), build / "rtl", codes_of(60), Pauses(percent, seed=1))
    assert simulation.problem is None
    assert min(simulation.exits) > 0


def averaging() -> EarlyExitNetwork:
    """Averages of words with and without a sign, over windows that overlap or not, and over everything."""
    torch.manual_seed(1)
    return EarlyExitNetwork(
        backbone=[
            nn.Sequential(nn.AvgPool2d(2, stride=1), nn.Conv2d(1, 6, 3, padding=1), nn.Hardtanh(-0.7, 1.3)),
            nn.Sequential(nn.AvgPool2d(3, stride=2, padding=1), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU6()),
        ],
        exits=[
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)),
            nn.Sequential(
                nn.AvgPool2d(3, stride=1, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)
            ),
        ],
        exit_loss_weights=(1.0, 1.0),
        input_shape=(1, 8, 8),
    ).eval()


@pytest.mark.slow
@pytest.mark.parametrize(("lanes", "percent"), [((2, 3, 4, 2), 0), ((6, 2, 8, 8), 30)], ids=str)
def test_averages_and_clips_are_exact(lanes: tuple[int, int, int, int], percent: int, tmp_path: Path) -> None:
    """At foldings of the averages behind the first; the model of cycles tells the interval."""
    network = averaging()
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(4)
    images = torch.from_numpy(STRIPES.inputs())
    sure = measure(TOP1, logits_of(network, images)[0].double())
    build = tmp_path / "build"
    rule = ExitRule(TOP1, float(sure.median()))
    export_quantized(network, quantize(network, images, Widths()), [rule], build)
    graph, _ = read_export(build)
    kinds = {layer.name: type(layer) for layer in graph.layers}
    averages = [name for name, kind in kinds.items() if kind in {AveragePooling, GlobalAverage}]
    assert [kinds[name] for name in averages] == [
        AveragePooling, GlobalAverage, AveragePooling, AveragePooling, GlobalAverage,
    ]  # fmt: skip
    foldings = {name: Folding(count, count) for name, count in zip(averages[1:], lanes, strict=True)}
    # So fast that the averages behind them are the slowest layers.
    foldings |= {"backbone.0.1": Folding(1, 6, 1, 9), "backbone.1.1": Folding(6, 8, 1, 9)}
    generate(build, Design(foldings, 4), tmp_path / "rtl")
    found = simulate(load(build, tmp_path / "rtl"), tmp_path / "rtl", codes_of(60), Pauses(percent, seed=1))
    assert found.problem is None
    assert min(found.exits) > 0
    if not percent:
        assert found.model_interval == pytest.approx(found.interval, rel=0.01)
