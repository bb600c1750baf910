"""Warnings name the harm of fixed point: exits that lose over 0.3 points, layers whose weights vanish."""

import pytest
import torch
from helpers.small_networks import Striped

from fpga_ee.artifacts.formats import Widths
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.outcome import Outcome
from fpga_ee.quantization.degradation import fixed_point_warnings
from fpga_ee.quantization.quantize import Quantized, quantize

USED = (0.5, 0.5)


@pytest.fixture(scope="module")
def quantized(validation_images: LabelledImages) -> Quantized:
    torch.manual_seed(0)
    return quantize(Striped().eval(), torch.from_numpy(validation_images.inputs()), Widths())


def warnings(quantized: Quantized, before: Outcome, after: Outcome) -> tuple[str, ...]:
    return fixed_point_warnings(before, after, quantized.network, quantized.formats)


def test_an_exit_may_lose_0_3_points_and_gain_any(quantized: Quantized) -> None:
    before, after = Outcome(USED, (0.952, 0.8), 0.9), Outcome(USED, (0.949, 0.95), 0.9)
    assert warnings(quantized, before, after) == ()


def test_an_exit_that_loses_more_is_told_with_both_accuracies(quantized: Quantized) -> None:
    before, after = Outcome(USED, (0.95, 0.9522), 0.9), Outcome(USED, (0.95, 0.8844), 0.9)
    assert warnings(quantized, before, after) == (
        "exit 1 loses 6.78 points by fixed point (95.22 % in float, 88.44 % in fixed point)",
    )


def test_an_exit_that_nobody_takes_in_fixed_point_is_told(quantized: Quantized) -> None:
    before, after = Outcome(USED, (0.5, 0.5), 0.5), Outcome((1.0, 0.0), (0.5, 0.5), 0.5)
    assert warnings(quantized, before, after) == (
        "all images leave at exit 0, so the other exits do nothing",
    )


def test_a_layer_whose_weights_all_round_to_zero_is_told(validation_images: LabelledImages) -> None:
    torch.manual_seed(0)
    network = Striped().eval()
    with torch.no_grad():
        network.exits[1].weight.zero_()
    vanished = quantize(network, torch.from_numpy(validation_images.inputs()), Widths())
    same = Outcome(USED, (0.5, 0.5), 0.5)
    assert warnings(vanished, same, same) == ("all weights of exits.1 round to zero",)
