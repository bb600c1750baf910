"""Layers that are read from files compute, in integers, the bits that ONNX Runtime gives for the files."""

import numpy as np
import pytest
from helpers.deploying import export_quantized
from helpers.drawn_layers import Kinds, conv_clip, linear_clip
from helpers.drawn_networks import HARDWARE_KINDS, Drawn, deployments
from helpers.draws import draws
from helpers.graph_logits import graph_logits
from hypothesis import HealthCheck, Phase, given, reject, settings

from fpga_ee.artifacts.running import run_all_exits
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.readers.exported import read_export

CLIPS = Kinds(first=(conv_clip,), of_feature_maps=(conv_clip,), of_vectors=(linear_clip,))
"""Clips of every layer, at bounds that lie anywhere."""

RIGHTLY_REFUSED = ("an accumulator could reach", "two products could add up", "ceil_mode is not supported")


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize("kinds", [HARDWARE_KINDS, CLIPS], ids=["any", "clips"])
def test_a_graph_computes_what_onnx_runtime_gives(
    kinds: Kinds, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @given(drawn=deployments(exits=2, kinds=kinds))
    @settings(max_examples=draws(6), phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def check(drawn: Drawn) -> None:
        build = tmp_path_factory.mktemp("build")
        try:
            quantized = drawn.quantized()
            export_quantized(drawn.network, quantized, drawn.rules, build)
            graph, manifest = read_export(build)
        except FpgaEeError as error:
            if not any(message in str(error) for message in RIGHTLY_REFUSED):
                raise
            reject()
        codes = np.moveaxis((drawn.images * 256).astype(np.uint8), 1, -1)
        computed = graph_logits(graph, codes)
        given = run_all_exits(build, manifest, drawn.images).every_exit
        for integers, logits, stage in zip(computed, given, manifest.stages, strict=True):
            assert stage.logits.format is not None
            np.testing.assert_array_equal(integers * stage.logits.format.scale, logits)

    check()
