"""Sizes have upper bounds, so that a file of a few bytes takes neither gigabytes nor for ever."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.networks import B_LENET_SE
from helpers.onnx_files import Builder, chain_model
from onnx import numpy_helper

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decision
from fpga_ee.exits.rules import ExitRule
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import divisors
from fpga_ee.hardware.network.graph import HardwareGraph, Stage
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.readers.conditional_model import read_conditional

WORD = FixedPoint(8, signed=False, frac=5)


@pytest.mark.parametrize("sizes", [(65_536, 1, 1), (3, 4_320, 7_680), (1, 1, 1)])
def test_feature_maps_as_large_as_pictures(sizes: tuple[int, int, int]) -> None:
    assert FeatureMap(*sizes, WORD).words == np.prod(sizes)


@pytest.mark.parametrize(
    "sizes", [(0, 1, 1), (1, -1, 1), (65_537, 1, 1), (10**9, 1, 1), (1, 65_536, 65_536), (2**11, 2**9, 2**9)]
)
def test_larger_feature_maps_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(FpgaEeError, match=r"a feature map of .* words cannot be: each size is 1 to 65,536"):
        FeatureMap(*sizes, WORD)


@pytest.mark.parametrize(
    "window",
    [
        {"kernel": (0, 0)},
        {"kernel": (257, 1)},
        {"kernel": (3, 3), "stride": (0, 1)},
        {"kernel": (3, 3), "stride": (1, 2**31)},
        {"kernel": (3, 3), "padding": (0, 0, -1, 0)},
        {"kernel": (3, 3), "padding": (0, 0, 0, 2**31)},
    ],
)
def test_windows_that_cannot_slide_are_refused(window: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(FpgaEeError, match="cannot be: all are 256 at most, and but for padding 1 at least"):
        Window(**window)


@pytest.mark.parametrize("groups", [0, -1, 3, 10**9])
def test_groups_divide_channels_and_filters(groups: int) -> None:
    entering = FeatureMap(8, 8, 8, WORD)
    with pytest.raises(FpgaEeError, match=f"layer conv: {groups} groups do not divide 8 channels"):
        Convolution("conv", entering, entering, Window((1, 1)), WORD, None, groups)


def test_a_network_has_no_more_layers_than_can_be_searched() -> None:
    first = B_LENET_SE.stages[0]
    layers = tuple(Relu(str(index), first.feature_map, first.feature_map) for index in range(2_001))
    with pytest.raises(FpgaEeError, match="deep has 2,007 layers: 2,000 are the most"):
        HardwareGraph("deep", (Stage(chain_of(layers), first.exit, None),))


def test_a_convolution_in_a_billion_groups_is_refused_at_once(tmp_path: Path) -> None:
    builder = Builder("image")
    builder.weights.append(numpy_helper.from_array(np.zeros((10, 1, 3, 3), np.float32), "conv.weight"))
    builder.node("Conv", "conv.weight", name="conv", kernel_shape=[3, 3], group=10**9)
    path = chain_model(tmp_path / "model.onnx", builder.linear("fc", (784, 10)))
    started = time.process_time()
    with pytest.raises(FpgaEeError, match="in 1000000000 groups do not fit an input of 1x28x28"):
        read_conditional(path, 16)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("criterion", Criterion)
def test_tables_of_decisions_are_bounded(criterion: Criterion) -> None:
    """With 64 fractional bits, one would have 10^20 entries."""
    logits = FixedPoint(16, signed=True, frac=17)
    with pytest.raises(FpgaEeError, match=r"logits of 17 fractional bits need .*: give them 16 at most"):
        integer_decision(ExitRule(criterion, 0.5), logits)
    assert integer_decision(ExitRule(criterion, 0.5), replace(logits, frac=8))


@pytest.mark.parametrize("number", [1, 2, 12, 49, 97, 720])
def test_divisors_are_all_that_there_are(number: int) -> None:
    assert divisors(number) == [candidate for candidate in range(1, number + 1) if number % candidate == 0]


def test_divisors_of_a_large_picture_take_no_time() -> None:
    started = time.process_time()
    assert len(divisors(3 * 4_320 * 7_680)) == 270
    assert time.process_time() - started < 1
