"""ONNX Runtime gives every sum of two codes the bits of exact arithmetic, wherever the certificate holds."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import deploy, verified
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from fpga_ee.artifacts.formats import AdditionFormats, FixedPoint
from fpga_ee.artifacts.running import Level, load
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.layers.addition import Addition
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.additions import certify_additions


def formats(frac: int, *, bits: int = 8, signed: bool = True) -> FixedPoint:
    return FixedPoint(bits=bits, signed=signed, frac=frac)


@st.composite
def additions(draw: st.DrawFn) -> AdditionFormats:
    """Draw any grids, also refused ones. Mostly both have one kind of codes, which the runtime fuses."""
    signed = draw(st.booleans())
    kinds = st.sampled_from([signed, signed, signed, not signed])
    first = formats(draw(st.integers(-6, 16)), signed=draw(kinds))
    second = formats(first.frac + draw(st.integers(-17, 17)), signed=draw(kinds))
    coarser = min(first.frac, second.frac)
    output = formats(
        coarser + draw(st.integers(-16, 3)), bits=draw(st.sampled_from([8, 8, 4])), signed=draw(kinds)
    )
    return AdditionFormats((first, second), output)


def is_certified(addition: AdditionFormats) -> bool:
    try:
        certify_additions({"sum": addition})
    except FpgaEeError:
        return False
    return True


def all_pairs(addition: AdditionFormats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, second = (np.arange(source.low, source.high + 1) for source in addition.inputs)
    codes = np.meshgrid(first, second)
    return codes[0].ravel(), codes[1].ravel()


def by_integers(
    addition: AdditionFormats, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Codes of the sums: float64 holds all of them."""
    total = first * addition.inputs[0].scale + second * addition.inputs[1].scale
    return np.clip(np.round(total / addition.output.scale), addition.output.low, addition.output.high)


def as_exported(addition: AdditionFormats) -> bytes:
    """The sum as an export has it, with a clip in front of a narrow format."""
    nodes, constants = [], []

    def quantizing(source: str, format_: FixedPoint, name: str) -> str:
        kind = np.dtype(format_.carrier)
        constants.extend([
            numpy_helper.from_array(np.float32(format_.scale), f"{name}.scale"),
            numpy_helper.from_array(np.zeros((), kind), f"{name}.zero"),
        ])  # fmt: skip
        grid = [f"{name}.scale", f"{name}.zero"]
        nodes.append(helper.make_node("QuantizeLinear", [source, *grid], [f"{name}.codes"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}.codes", *grid], [f"{name}.values"]))
        return f"{name}.values"

    operands = [quantizing(name, source, name) for name, source in zip("ab", addition.inputs, strict=True)]
    nodes.append(helper.make_node("Add", operands, ["sum"]))
    last, output = "sum", addition.output
    if output != output.carried:
        for name, end in (("low", output.low), ("high", output.high)):
            constants.append(numpy_helper.from_array(np.float32(end * output.scale), name))
        nodes.append(helper.make_node("Clip", ["sum", "low", "high"], ["clipped"]))
        last = "clipped"
    result = quantizing(last, output, "result")
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1, 16]) for name in "ab"]
    outputs = [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "addition", inputs, outputs, constants)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10
    ).SerializeToString()


def by_onnx_runtime(
    addition: AdditionFormats, level: Level, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    inputs = {
        name: (codes * source.scale).astype(np.float32).reshape(-1, 1, 16)
        for name, codes, source in zip("ab", (first, second), addition.inputs, strict=True)
    }
    (values,) = load(as_exported(addition), level).run(None, inputs)
    return values.ravel().astype(np.float64) / addition.output.scale


@settings(max_examples=draws(100))
@given(addition=additions().filter(is_certified))
def test_all_sums_of_two_codes_are_exact(addition: AdditionFormats) -> None:
    first, second = all_pairs(addition)
    expected = by_integers(addition, first, second)
    for level in Level:
        assert np.array_equal(by_onnx_runtime(addition, level, first, second), expected)


def test_the_fused_kernel_of_the_runtime_needs_the_certificate() -> None:
    """ONNX Runtime 1.32 loses a half step beside its offset of 128: the bound is no tighter than needed."""
    addition = AdditionFormats((formats(7), formats(17)), formats(0))
    first, second = all_pairs(addition)
    expected = by_integers(addition, first, second)
    assert np.array_equal(by_onnx_runtime(addition, Level.DISABLE_ALL, first, second), expected)
    assert not np.array_equal(by_onnx_runtime(addition, Level.ENABLE_ALL, first, second), expected)
    with pytest.raises(FpgaEeError, match="sum: a sum could reach 16,908,416 steps"):
        certify_additions({"sum": addition})


def test_the_figure_is_the_largest_sum_in_steps_of_the_finer_grid_and_the_offset() -> None:
    addition = AdditionFormats((formats(4, signed=False), formats(6)), formats(5))
    (certificate,) = certify_additions({"block.add": addition})
    assert certificate.layer == "block.add"
    assert certificate.largest_accumulator == 255 * 4 + 128 + 128 * 2
    assert certificate.largest_pair == 0


class Residual(nn.Module):
    """Adds a convolution to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 2, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.convolution(x)


def residual_network(weight: float) -> EarlyExitNetwork:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Conv2d(1, 2, kernel_size=3), nn.ReLU(), Residual())],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(32, 3))],
        exit_loss_weights=[1.0],
        input_shape=(1, 6, 6),
    )
    nn.init.constant_(network.backbone[0][0].weight, 0.3)
    nn.init.constant_(network.backbone[0][2].convolution.weight, weight)
    return network.eval()


IMAGES = (np.arange(20 * 36).reshape(20, 1, 6, 6) * 7 % 256 / 256).astype(np.float32)


@pytest.mark.slow
def test_the_manifest_tells_the_formats_of_an_addition(tmp_path: Path) -> None:
    deployment = deploy(residual_network(0.5), [], IMAGES, tmp_path)
    (name,) = deployment.manifest.additions
    assert name == "backbone.0.2.add"
    addition = deployment.manifest.additions[name]
    layers = deployment.manifest.layers
    assert addition.inputs == (layers["backbone.0.0"].output, layers["backbone.0.2.convolution"].output)
    assert addition.output == deployment.manifest.stages[0].feature_map.format
    assert verified(deployment, IMAGES).passed


def test_grids_that_are_too_far_apart_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        FpgaEeError, match=r"^backbone\.0\.2\.add: a sum could reach .* steps of 2\^-7 and 2\^-24"
    ):
        deploy(residual_network(2.0**-20), [], IMAGES, tmp_path)


class Triple(nn.Module):
    """The sum of three feature maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 2, kernel_size=1)
        self.second = nn.Conv2d(2, 2, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.first(x) + self.second(x)  # type: ignore[no-any-return]


@pytest.mark.slow
def test_a_sum_of_three_is_rounded_once(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Conv2d(1, 2, kernel_size=3), nn.ReLU(), Triple(), nn.ReLU())],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(32, 3))],
        exit_loss_weights=[1.0],
        input_shape=(1, 6, 6),
    )
    deployment = deploy(network.eval(), [], IMAGES, tmp_path)
    (addition,) = deployment.manifest.additions.values()
    layers = deployment.manifest.layers
    assert addition.inputs == tuple(
        layers[f"backbone.0.{name}"].output for name in ("0", "2.first", "2.second")
    )
    (stage,) = read_export(tmp_path)[0].stages
    (found,) = (layer for layer in stage.backbone if isinstance(layer, Addition))
    assert [read.format for read in found.inputs] == [*addition.inputs]
    assert verified(deployment, IMAGES).passed


def test_the_certificate_of_a_sum_counts_all_summands() -> None:
    addition = AdditionFormats((formats(4, signed=False), formats(6), formats(6)), formats(6))
    (certificate,) = certify_additions({"block.add": addition})
    assert certificate.largest_accumulator == 255 * 4 + 128 + 128 + 128
