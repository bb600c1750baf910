"""The hardware flow refuses operators that only fixed point knows, by layer name, with exit code 2."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.commands import fpga_ee
from helpers.deploying import deploy
from torch import Tensor, nn

from fpga_ee.networks.early_exit import EarlyExitNetwork


class Residual(nn.Module):
    """Adds a convolution to its input."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(4, 4, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.convolution(x))


def export(stage: Sequence[nn.Module], folder: Path) -> None:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU(), *stage)],
        exits=[nn.Sequential(nn.Flatten(), nn.LazyLinear(3))],
        exit_loss_weights=[1.0],
        input_shape=(1, 8, 8),
    ).eval()
    network(torch.zeros(1, 1, 8, 8))  # the lazy layer takes its shape
    for module in stage:
        for layer in module.modules():
            if isinstance(layer, nn.Conv2d):
                layer.reset_parameters()  # from the seed: they were made when the tests were collected
    nn.init.constant_(network.backbone[0][0].weight, 2.0)
    images = (np.arange(20 * 64).reshape(20, 1, 8, 8) * 7 % 256 / 256).astype(np.float32)
    deploy(network, [], images, folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (
            [Residual()],
            r"layer backbone\.0\.0\S*\.add: fpgaConvNet has no addition; try --target rtl",
        ),
        ([nn.MaxPool2d(2, dilation=2)], r"MaxPool .*: dilations \[2, 2\]"),
    ],
    ids=["addition", "dilation"],
)
def test_the_estimate_refuses(stage: Sequence[nn.Module], message: str, tmp_path: Path) -> None:
    export(stage, tmp_path)
    result = fpga_ee("hw-estimate", tmp_path)
    assert result.code == 2
    assert_says(result.err, message)


@pytest.mark.slow
@pytest.mark.parametrize(
    "layer",
    [nn.Conv2d(4, 8, kernel_size=3, groups=2), nn.BatchNorm2d(4)],
    ids=lambda layer: type(layer).__name__,
)
def test_convolutions_in_groups_are_estimated_and_generated(layer: nn.Module, tmp_path: Path) -> None:
    """A normalisation that nothing took in is one too."""
    export([layer], tmp_path)
    for step in (("hw-estimate",), ("hw-estimate", "--target", "rtl"), ("hw-generate",)):
        result = fpga_ee(step[0], tmp_path, *step[1:])
        assert result.code == 0, result.err
    assert "grouped_linear" in (tmp_path / "rtl" / "files.f").read_text()


def assert_says(error: str, message: str) -> None:
    assert re.search(message, " ".join(error.split())), error
