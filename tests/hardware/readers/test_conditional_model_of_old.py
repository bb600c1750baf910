"""The old exporter's file of a scripted network with an `if`, as in the published work, is read."""

from pathlib import Path

import pytest
import torch
from helpers.networks import B_LENET_SE, same_network
from torch import Tensor, nn

from fpga_ee.hardware.readers.conditional_model import read_conditional


def conv_pool_relu(channels_in: int, channels_out: int, kernel: int, padding: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, padding=padding), nn.MaxPool2d(2, 2), nn.ReLU()
    )


class Scripted(nn.Module):
    """B_Lenet_se with its exit as control flow."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = conv_pool_relu(1, 5, 5, 4)
        self.exit = nn.Sequential(conv_pool_relu(5, 10, 3, 1), nn.Flatten(), nn.Linear(640, 10))
        self.rest = nn.Sequential(conv_pool_relu(5, 10, 5, 4), conv_pool_relu(10, 20, 5, 3), nn.Flatten())
        self.last = nn.Linear(720, 10)
        self.threshold = torch.tensor([0.9])

    def forward(self, image: Tensor) -> Tensor:
        feature_map = self.backbone(image)
        logits = self.exit(feature_map)
        if bool(torch.max(torch.softmax(logits, dim=-1)) > self.threshold[0]):
            return logits
        else:  # noqa: RET505 - the scripting compiler makes the two branches of it
            return self.last(self.rest(feature_map))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_its_file_is_read_as_the_network(tmp_path: Path) -> None:
    path = tmp_path / "scripted.onnx"
    scripted = torch.jit.script(Scripted().eval())
    torch.onnx.export(scripted, (torch.rand(1, 1, 28, 28),), path, opset_version=12, dynamo=False)
    assert same_network(read_conditional(path, 16), B_LENET_SE)
