"""A forward method that takes sizes from its input, as many are written, is exact like any other."""

from pathlib import Path

import pytest
import torch
from deploying import deploy, verified
from torch import Tensor, nn

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule, measure
from fpga_ee.networks.early_exit import EarlyExitNetwork


class ViewedAsRows(nn.Module):
    """A linear layer that flattens by the batch size of its input."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.view(x.shape[0], -1))  # type: ignore[no-any-return]


class Later(nn.Module):
    """Takes sizes between its operators, and computes with them."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(4, 6, kernel_size=3)
        self.linear = nn.Linear(6 * 2 * 2, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.convolution(x)
        batch = x.size(0)
        x = torch.max_pool2d(torch.relu(x), 2)
        x = self.linear(x.reshape(batch, x.size(1) * x.size(2) * x.size(3)))
        return x.view(x.size())


class Handwritten(EarlyExitNetwork):
    def __init__(self) -> None:
        super().__init__(
            backbone=[nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU()), Later()],
            exits=[ViewedAsRows(4 * 6 * 6, 3), ViewedAsRows(8, 3)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 8, 8),
        )


@pytest.mark.slow
def test_it_is_exact(validation_images: LabelledImages, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Handwritten().eval()
    images = validation_images.inputs()

    measured = measure(Criterion.TOP1, logits_of(network, torch.from_numpy(images))[0].double())
    rule = ExitRule(Criterion.TOP1, float(measured.median()))

    deployment = deploy(network, [rule], images, tmp_path)
    verification = verified(deployment, images)

    assert verification.passed, verification.diagnosis
    assert min(verification.exit_counts) > 0, "both exits must be taken"
