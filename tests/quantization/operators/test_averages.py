"""The weight of an average has as many bits as exact sums leave, and is exact in every runtime."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import export_quantized
from helpers.levels import logits_at_every_level
from helpers.lowering import backbone_of, images, network_of, one_stage
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from fpga_ee.artifacts.formats import FixedPoint, Widths
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT, PAIR_LIMIT
from fpga_ee.quantization.operators.averages import Average
from fpga_ee.quantization.quantize import Quantized, quantize


def format_and_integer(average: Average, entering: FixedPoint) -> tuple[FixedPoint, int]:
    format_ = average.weight_format(entering)
    return format_, round(average.weight / format_.scale)


@given(
    values=st.integers(1, 60_000),
    divisor=st.one_of(st.none(), st.integers(1, 5000)),
    bits=st.integers(2, 8),
    signed=st.booleans(),
)
def test_a_weight_is_as_fine_as_exact_sums_allow(
    values: int, divisor: int | None, bits: int, signed: bool
) -> None:
    entering = FixedPoint(bits, signed, 4)
    average = Average(values, 1 / (divisor or values))
    format_, integer = format_and_integer(average, entering)
    largest = integer * values * entering.magnitude
    assert largest < ACCUMULATOR_LIMIT or integer == 1
    assert 0 < integer <= format_.high
    assert format_.bits <= 16
    # Kernels for int8 add two products in 16 bits.
    assert format_.carrier == "int16" or 2 * 255 * integer <= PAIR_LIMIT
    # The next finer grid has the same weight, or is too fine; none has more than 24 fractional bits.
    finer = round(average.weight / format_.scale * 2)
    assert finer in {2 * integer, 2 * integer + 1, 2 * integer - 1}
    if finer != 2 * integer and format_.frac < 24:
        assert finer * values * entering.magnitude >= ACCUMULATOR_LIMIT or finer > 2**15 - 1


@pytest.mark.parametrize(
    ("values", "integer", "bits", "frac"),
    [(1, 1, 2, 0), (2, 1, 2, 1), (4, 1, 2, 2), (64, 1, 2, 6), (3, 21845, 16, 16), (9, 3641, 13, 15)],
)
def test_a_weight_of_words_of_eight_bits(values: int, integer: int, bits: int, frac: int) -> None:
    found = format_and_integer(Average(values, 1 / values), FixedPoint(8, signed=False, frac=4))
    assert found == (FixedPoint(bits, signed=True, frac=frac, symmetric=True), integer)


def test_a_weight_of_eight_bits_is_carried_in_sixteen() -> None:
    format_, integer = format_and_integer(Average(101, 1 / 101), FixedPoint(12, signed=True, frac=4))
    assert 64 < integer < 128
    assert (format_.bits, format_.carrier) == (8, "int16")


AVERAGES = {
    "3 x 3": lambda: nn.AvgPool2d(3, padding=1),
    "5 x 5": lambda: nn.AvgPool2d(5, stride=2),
    "2 x 3": lambda: nn.AvgPool2d((2, 3)),
    "divisor": lambda: nn.AvgPool2d(2, divisor_override=3),
    "global": lambda: nn.AdaptiveAvgPool2d(1),
}


@pytest.mark.slow
@pytest.mark.parametrize("bits", [8, 5])
@pytest.mark.parametrize("relu", [True, False], ids=["unsigned", "signed"])
def test_an_average_has_the_same_bits_at_every_level(relu: bool, bits: int, tmp_path: Path) -> None:
    torch.manual_seed(bits)
    generator = np.random.default_rng(bits)
    images = torch.from_numpy(generator.integers(0, 256, (50, 2, 14, 14)).astype(np.float32) / 256)
    for name, average in AVERAGES.items():
        layers = [nn.Conv2d(2, 6, 3), *([nn.ReLU()] if relu else []), average(), nn.Flatten()]
        network = EarlyExitNetwork(
            backbone=[nn.Sequential(*layers)],
            exits=[nn.LazyLinear(5)],
            exit_loss_weights=[1.0],
            input_shape=(2, 14, 14),
        ).eval()
        network(images)
        quantized = quantize(network, images, Widths(activation_bits=bits))
        assert any(layer.weight.bits > 8 for layer in quantized.formats.layers.values())
        folder = tmp_path / name
        export_quantized(network, quantized, (), folder)
        with torch.inference_mode():
            expected = quantized.network(images)[0].numpy()
        for level, logits in logits_at_every_level(folder, images.numpy()):
            np.testing.assert_array_equal(logits, expected, err_msg=f"{name} at {level}")


class Mean(nn.Module):
    """A mean over rows and columns."""

    def __init__(self, axes: tuple[int, ...], *, keepdim: bool) -> None:
        super().__init__()
        self.axes, self.keepdim = axes, keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.axes, keepdim=self.keepdim)


AVERAGING_LAYERS = {
    "windows side by side": nn.AvgPool2d(2),
    "windows that overlap": nn.AvgPool2d((3, 2), stride=(1, 2)),
    "padding that counts": nn.AvgPool2d(3, stride=2, padding=1),
    "a divisor": nn.AvgPool2d(2, divisor_override=3),
    "a divisor and padding that does not count": nn.AvgPool2d(
        3, padding=1, count_include_pad=False, divisor_override=9
    ),
    "ceil_mode without a late window": nn.AvgPool2d(2, ceil_mode=True),
    "global": nn.AdaptiveAvgPool2d(1),
    "to a size that divides": nn.AdaptiveAvgPool2d((3, 2)),
    "mean": Mean((2, 3), keepdim=False),
    "mean from the end": Mean((-1, -2), keepdim=True),
}


@pytest.mark.parametrize("name", AVERAGING_LAYERS)
def test_an_average_becomes_a_convolution(name: str) -> None:
    network = one_stage(AVERAGING_LAYERS[name])
    part = backbone_of(network)
    (layer,) = part.layers
    assert layer.name.startswith("backbone.0.0")
    assert not layer.learned
    assert layer.unsigned, "an average of unsigned values is one"
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


def test_a_pooling_that_is_used_twice_becomes_two_convolutions() -> None:
    pooling = nn.AvgPool2d(2)
    part = backbone_of(one_stage(pooling, pooling))
    assert len({layer.name for layer in part.layers}) == 2


class Averages(nn.Module):
    """Averages by functions, beside a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(2, 2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = functional.avg_pool2d(x, 2, stride=1)
        return functional.avg_pool2d(functional.conv2d(x, self.weight), 2, stride=1)


@pytest.mark.parametrize("is_part", [True, False])
def test_averages_by_functions_have_names_of_their_own(is_part: bool) -> None:
    network = network_of(Averages() if is_part else nn.Sequential(Averages()))
    part = backbone_of(network)
    owner = "backbone.0" if is_part else "backbone.0.0"
    assert [layer.name for layer in part.layers] == [
        f"{owner}.avg_pool2d", owner, f"{owner}.avg_pool2d_1",
    ]  # fmt: skip
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


class Inner(nn.Module):
    """Averages by functions in a module that holds none of its weights itself."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 2, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(functional.avg_pool2d(self.convolution(x), 2), 2, stride=1)


def test_the_first_average_of_a_module_without_weights_has_its_name_and_the_next_one_of_its_own() -> None:
    part = backbone_of(one_stage(Inner()))
    assert [layer.name for layer in part.layers] == [
        "backbone.0.0.convolution", "backbone.0.0", "backbone.0.0.avg_pool2d_1",
    ]  # fmt: skip


def average_quantized(side: int) -> tuple[EarlyExitNetwork, Quantized, Tensor]:
    network = one_stage(nn.AdaptiveAvgPool2d(1), rows=side, cols=side)
    bright = torch.randint(128, 256, (20, 2, side, side), generator=torch.Generator().manual_seed(3)) / 256
    return network, quantize(network, bright, Widths(weight_bits=2)), bright


@pytest.mark.parametrize("side", [2, 4, 8])
def test_an_average_over_a_power_of_two_is_exact_before_it_is_rounded(side: int) -> None:
    network, quantized, bright = average_quantized(side)
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        expected = (network.backbone[0](bright).double() / step).round() * step
        assert torch.equal(quantized.network.backbone[0](bright).double(), expected.double())


@pytest.mark.parametrize("side", [3, 5, 6, 7, 11, 13])
def test_another_average_is_off_by_its_values_over_2_to_the_17th(side: int) -> None:
    """The width of the learned weights does not matter."""
    network, quantized, bright = average_quantized(side)
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        exact = network.backbone[0](bright.double())
        ours = quantized.network.backbone[0](bright)
    assert float(((ours - exact).abs() - step / 2).max() / exact.max()) <= side**2 / 2**17
