"""Weights whose filters have grids of their own, and weights of eight bits: exact at every level."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import export_quantized
from helpers.drawn_networks import scale_weights
from helpers.filter_grids import with_grids_of_filters
from helpers.levels import LEVELS, logits_at_every_level, operators_at
from torch import Tensor, nn

from fpga_ee.artifacts.formats import FixedPoint, Widths
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.filter_grids import PerChannelGrids
from fpga_ee.quantization.quantize import Quantized, apply_formats, quantize

INTEGER_KERNELS = {"QLinearConv", "QGemm", "ConvInteger", "MatMulInteger", "QLinearMatMul"}


@pytest.fixture(scope="module")
def network() -> EarlyExitNetwork:
    """Every kind of layer that multiplies, of words with and without a sign."""
    torch.manual_seed(0)
    backbone = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.Conv2d(8, 8, 1, bias=False),
        nn.AvgPool2d((2, 3), stride=1),
        nn.Flatten(),
        nn.Linear(16, 16),
        nn.ReLU(),
    )
    last = nn.Linear(16, 10, bias=False)
    scale_weights(backbone, 2.0)
    scale_weights(last, 16.0)
    return EarlyExitNetwork(
        backbone=[backbone],
        exits=[last],
        exit_loss_weights=[1.0],
        input_shape=(3, 10, 10),
    ).eval()


@pytest.fixture(scope="module")
def images() -> Tensor:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 3, 10, 10))
    return torch.from_numpy(pixels.astype(np.float32) / np.float32(256))


def by_filter(network: EarlyExitNetwork, images: Tensor, widths: Widths) -> Quantized:
    return with_grids_of_filters(network, quantize(network, images, widths), seed=1)


def test_each_filter_is_rounded_to_even_on_its_grid_and_saturated() -> None:
    grids = PerChannelGrids(format_=FixedPoint(4, signed=True, frac=2, symmetric=True), coarser=(0, 2))
    values = torch.tensor([[0.125, 0.375, 1.0, 9.0], [0.5, 1.5, 2.4, -9.0]], requires_grad=True)
    rounded = grids(values)
    assert rounded.tolist() == [[0.0, 0.5, 1.0, 1.75], [0.0, 2.0, 2.0, -7.0]]
    # Training sees rounding as the identity, and learns nothing where values saturate.
    rounded.sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [[1, 1, 1, 0], [1, 1, 1, 0]]


def test_integers_are_the_float_parameters_on_the_grids_of_their_filters(
    network: EarlyExitNetwork, images: Tensor
) -> None:
    quantized = by_filter(network, images, Widths())
    floats, integers = network.state_dict(), quantized.network.state_dict()
    for name, formats in quantized.formats.layers.items():
        assert formats.coarser
        for parameter, format_ in (("weight", formats.weight), ("bias", formats.bias)):
            if f"{name}.{parameter}" in floats:
                values = floats[f"{name}.{parameter}"].double()
                steps = format_.scale * 2.0 ** torch.tensor(formats.coarser).double()
                expected = (values / steps.reshape(-1, *[1] * (values.ndim - 1))).round()
                assert torch.equal(
                    integers[f"{name}.{parameter}"].double(), expected.clamp(format_.low, format_.high)
                )


def test_sums_of_each_filter_are_bounded_on_its_own_grid(network: EarlyExitNetwork, images: Tensor) -> None:
    """So a coarse filter does not count for more than its integers."""
    quantized = by_filter(network, images, Widths())
    integers = quantized.network.state_dict()
    for certificate in quantized.certificate:
        formats = quantized.formats.layers[certificate.layer]
        weight = integers[f"{certificate.layer}.weight"].long().abs().flatten(1).sum(1)
        bias = integers.get(f"{certificate.layer}.bias", torch.zeros(1)).long().abs()
        assert certificate.largest_accumulator == int((weight * formats.input.magnitude + bias).max())


def test_formats_of_too_few_filters_are_refused_by_layer(network: EarlyExitNetwork, images: Tensor) -> None:
    quantized = by_filter(network, images, Widths())
    name, formats = next(iter(quantized.formats.layers.items()))
    short = quantized.formats.layers | {name: formats.with_filter_fracs([5, 6, 7])}
    with pytest.raises(FpgaEeError, match=rf"^{name} has 8 filters, and formats of weights for 3$"):
        apply_formats(network, replace(quantized.formats, layers=short))


@pytest.mark.slow
@pytest.mark.parametrize("weight_bits", [3, 7, 8])
def test_bits_are_pytorchs_at_every_level(
    weight_bits: int, network: EarlyExitNetwork, images: Tensor, tmp_path: Path
) -> None:
    quantized = by_filter(network, images, Widths(weight_bits))
    export_quantized(network, quantized, (), tmp_path)
    with torch.inference_mode():
        expected = quantized.network(images)[0].numpy()
    assert len(np.unique(expected)) > 30
    for level, logits in logits_at_every_level(tmp_path, images.numpy()):
        np.testing.assert_array_equal(logits, expected, err_msg=level)
    assert INTEGER_KERNELS & operators_at("ENABLE_ALL", tmp_path) or weight_bits == 8


@pytest.mark.slow
def test_no_level_makes_an_integer_kernel_of_weights_of_eight_bits(
    network: EarlyExitNetwork, images: Tensor, tmp_path: Path
) -> None:
    """Kernels for int8 may add pairs of products in 16 bits; whether they do depends on the processor."""
    quantized = quantize(network, images, Widths(weight_bits=8))
    export_quantized(network, quantized, (), tmp_path)
    assert {formats.weight.carrier for formats in quantized.formats.layers.values()} == {"int16"}
    with torch.inference_mode():
        expected = quantized.network(images)[0].numpy()
    for level, logits in logits_at_every_level(tmp_path, images.numpy()):
        np.testing.assert_array_equal(logits, expected, err_msg=level)
    for level in LEVELS:
        assert not INTEGER_KERNELS & operators_at(level, tmp_path)
