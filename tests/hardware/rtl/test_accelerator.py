"""Whole accelerators of random networks, held against ONNX Runtime; and broken ones, which must be caught."""

import re
from pathlib import Path

import numpy as np
import pytest
from deploying import export_quantized
from drawn_networks import Drawn, deployments
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import torch
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.folding import Folding, feasible
from fpga_ee.hardware.graph import HardwareGraph
from fpga_ee.hardware.readers.export import read_export
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.generate import generate
from fpga_ee.hardware.rtl.simulate import Pauses, simulate, wave
from fpga_ee.quantization.quantize import quantize

EXAMPLES = 3


@st.composite
def plans(draw: st.DrawFn, graph: HardwareGraph) -> Plan:
    """A random folding of every layer, random streams through split and buffer, a shallow buffer."""
    layers = [layer for stage in graph.stages for layer in stage.backbone + stage.exit]
    foldings = {layer.name: draw(st.sampled_from(feasible(layer))) for layer in layers}
    for index, stage in enumerate(graph.stages[:-1]):
        channels = stage.feature_map.channels
        for unit in ("split", "buffer"):
            streams = draw(st.sampled_from([n for n in range(1, channels + 1) if channels % n == 0]))
            foldings[f"{unit}.{index}"] = Folding(streams, streams)
    return Plan(foldings, draw(st.integers(1, 4)))


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_network_at_any_folding(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    drawn: Drawn = data.draw(deployments(exits=data.draw(st.integers(1, 3))))
    build = tmp_path_factory.mktemp("build")
    try:
        quantized = quantize(drawn.network.eval(), torch.from_numpy(drawn.images), drawn.widths)
        export_quantized(drawn.network, quantized, drawn.rules, build)
        graph, _ = read_export(build)
    except FpgaEeError:
        # What cannot be exported exactly, or read, is other tests' concern.
        assume(False)
    plan = data.draw(plans(graph))
    generate(build, plan, build / "rtl")
    codes = np.moveaxis((drawn.images * 256).astype(np.uint8), 1, -1)
    pauses = Pauses(data.draw(st.sampled_from([0, 30])), seed=1)
    assert simulate(build, build / "rtl", codes, pauses).problem is None


def codes_of(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def accelerator(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """B_Lenet_se with random weights, folded little."""
    folder = tmp_path_factory.mktemp("rtl")
    generate(exported, Plan({"backbone.0.layer.0": Folding(1, 5, 1, 25)}, 2), folder)
    return folder
