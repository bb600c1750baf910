"""The first tensor that differs is named too where feature maps branch, are added and averaged."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.deploying import deploy, load, verified, vouch_for
from helpers.drawn_networks import spread_logits
from helpers.onnx_graphs import change_constant
from torch import Tensor, nn

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.early_exit import EarlyExitNetwork

IMAGES = (np.random.default_rng(0).integers(0, 256, (30, 1, 8, 8)) / 256).astype(np.float32)


class Residual(nn.Module):
    """Adds a normalised convolution to another."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Sequential(nn.Conv2d(4, 4, kernel_size=3, padding=1), nn.BatchNorm2d(4))
        self.shortcut = nn.Conv2d(4, 4, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.convolution(x) + self.shortcut(x))


def residual_network() -> EarlyExitNetwork:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[
            nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU(), Residual()),
            nn.Sequential(nn.AvgPool2d(2), Residual()),
        ],
        exits=[nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)) for _ in range(2)],
        exit_loss_weights=[1.0, 1.0],
        input_shape=(1, 8, 8),
    ).eval()
    spread_logits(network, IMAGES, 4.0)
    return network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("residual")
    deploy(residual_network(), [ExitRule(TOP1, 0.9)], IMAGES, path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("constant", "tensor"),
    [
        ("backbone.0.2.convolution.0.weight", "backbone.0.2.convolution.0.quantized"),
        ("backbone.0.2.shortcut.bias", "backbone.0.2.shortcut.quantized"),
        ("backbone.1.0.weight", "backbone.1.0.quantized"),
        ("exits.0.0.weight", "exits.0.0.quantized"),
    ],
)
def test_the_changed_branch_is_named(folder: Path, constant: str, tensor: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    part, stage, _ = constant.split(".", 2)
    file = f"{part.removesuffix('s')}_{stage}.onnx"
    change_constant(changed / file, constant, np.negative)
    vouch_for(changed)

    verification = verified(load(residual_network(), changed), IMAGES)

    assert not verification.passed
    assert f"the first tensor that differs is {tensor} in {file}" in str(verification.diagnosis)
