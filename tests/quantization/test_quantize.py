"""A layer too large for exact sums gets narrower weights, and no narrower than it takes."""

from pathlib import Path

import pytest
import torch
from helpers.deploying import deploy, verified
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT
from fpga_ee.quantization.fixed_point import choose_formats
from fpga_ee.quantization.quantize import Quantized, apply_formats, quantize, with_exact_sums
from fpga_ee.quantization.tracing import written
from fpga_ee.reporting.quantization_report import formats_table


def network(inputs: int, seed: int = 0) -> EarlyExitNetwork:
    """Two exits; the large layer is ``exits.0.1``, whose weights nearly fill their range."""
    torch.manual_seed(seed)
    made = EarlyExitNetwork(
        backbone=[nn.ReLU(), nn.Sequential(nn.Flatten(), nn.Linear(inputs, 4), nn.ReLU())],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(inputs, 3)), nn.Linear(4, 3)],
        exit_loss_weights=[1.0, 1.0],
        input_shape=(1, 1, inputs),
    )
    nn.init.uniform_(made.exits[0][1].weight, 0.9, 0.98)
    return made.eval()


def quantized(inputs: int, bits: int = 7) -> Quantized:
    return quantize(network(inputs), torch.rand(8, 1, 1, inputs) * 255 / 256, Widths(weight_bits=bits))


@settings(max_examples=draws(8))
@given(inputs=st.sampled_from([900, 1100, 2100, 4200]), bits=st.integers(5, 7))
def test_every_sum_is_exact_and_no_more_bits_are_taken_than_that_needs(inputs: int, bits: int) -> None:
    result = quantized(inputs, bits)
    for layer in result.certificate:
        assert layer.largest_accumulator < ACCUMULATOR_LIMIT
        if result.formats.layers[layer.layer].weight.bits < bits:
            # A bit more would double every weight, to within rounding.
            assert layer.largest_accumulator > 0.45 * ACCUMULATOR_LIMIT


def test_fewer_bits_mean_a_coarser_grid_and_not_a_smaller_range() -> None:
    wide, narrow = (quantized(inputs).formats.layers["exits.0.1"] for inputs in (900, 4200))
    assert narrow.weight.bits == wide.weight.bits - 2
    assert narrow.weight.frac == wide.weight.frac - 2
    assert narrow.bias.frac == narrow.input.frac + narrow.weight.frac


def test_the_formats_alone_make_the_same_network_again() -> None:
    result = quantized(4200)
    again = apply_formats(network(4200), result.formats)
    assert again.certificate == result.certificate


def test_given_formats_lose_the_bits_that_chosen_ones_lose() -> None:
    subject = network(4200)
    images = torch.rand(8, 1, 1, 4200) * 255 / 256
    chosen = choose_formats(subject, written(subject), images, Widths())
    assert {layer.weight.bits for layer in chosen.layers.values()} == {7}
    narrowed, expected = with_exact_sums(subject, chosen), quantize(subject, images, Widths())
    assert narrowed.formats == expected.formats != chosen
    assert narrowed.certificate == expected.certificate


def test_the_table_names_the_layers_whose_weights_have_fewer_bits() -> None:
    caption = formats_table("Large", quantized(4200), Widths()).caption
    assert caption is not None
    assert "Sums of 7-bit weights could be larger than that in these layers" in str(caption)
    assert "exits.0.1 (5)" in str(caption)
    assert "fewer bits" not in str(formats_table("Small", quantized(20), Widths()).caption)


@pytest.mark.slow
def test_a_narrowed_network_is_the_same_in_every_bit_in_onnx(tmp_path: Path) -> None:
    images = (torch.rand(40, 1, 1, 4200) * 256).floor().numpy() / 256
    deployment = deploy(network(4200), [ExitRule(TOP1, 0.5)], images, tmp_path)
    assert verified(deployment, images).passed
