"""The weight of an average has as many bits as exact sums leave, and is exact in every runtime."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from helpers.deploying import export_quantized
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from fpga_ee.artifacts.formats import FixedPoint, Widths
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT, PAIR_LIMIT
from fpga_ee.quantization.operators.averages import Average
from fpga_ee.quantization.quantize import quantize


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


def test_a_weight_of_eight_bits_is_carried_as_one_of_sixteen() -> None:
    format_, integer = format_and_integer(Average(101, 1 / 101), FixedPoint(12, signed=True, frac=4))
    assert 64 < integer < 128
    assert (format_.bits, format_.carrier) == (9, "int16")


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
        for level in ("DISABLE_ALL", "ENABLE_BASIC", "ENABLE_EXTENDED", "ENABLE_ALL"):
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 3
            options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, f"ORT_{level}")
            session = onnxruntime.InferenceSession(folder / "all_exits.onnx", options)
            (given_, *_) = session.run(["logits_0"], {session.get_inputs()[0].name: images.numpy()})
            np.testing.assert_array_equal(given_, expected, err_msg=f"{name} at {level}")
