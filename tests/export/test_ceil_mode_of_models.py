"""Poolings with ceil_mode in whole models give the windows of PyTorch, also where ONNX would add one more."""

from itertools import product

import numpy as np
import onnx_ir as ir
import pytest
import torch
from torch import nn

from fpga_ee.artifacts.running import Level, load
from fpga_ee.export.network_graph import network_graph
from fpga_ee.networks.early_exit import EarlyExitNetwork

POOLINGS = [
    (kernel, stride, padding)
    for kernel, stride in product((1, 2, 3), (1, 2, 3))
    for padding in range(kernel // 2 + 1)
]


@pytest.mark.slow
@pytest.mark.parametrize("size", [(5, 6), (7, 8), (6, 7)])
def test_every_pooling_gives_the_numbers_of_pytorch(size: tuple[int, int]) -> None:
    """All of them as stages of one network; each reads the image, shifted so that signs differ."""
    poolings = [nn.MaxPool2d(*each[:2], padding=each[2], ceil_mode=True) for each in POOLINGS]
    network = EarlyExitNetwork(
        backbone=[_Many(poolings)],
        exits=[nn.Linear(sum(pooling(torch.zeros(1, 1, *size)).numel() for pooling in poolings), 2)],
        exit_loss_weights=[1.0],
        input_shape=(1, *size),
    ).eval()
    images = np.random.default_rng(0).normal(size=(3, 1, *size)).astype(np.float32)
    model = ir.to_proto(network_graph(network))
    written = [attribute for node in model.graph.node for attribute in node.attribute]
    assert not any(attribute.i for attribute in written if attribute.name == "ceil_mode")
    (feature_map,) = load(model.SerializeToString(), Level.DISABLE_ALL).run(
        ["feature_map_0"], {"image": images}
    )
    np.testing.assert_array_equal(feature_map, network.backbone[0](torch.from_numpy(images)).numpy())


class _Many(nn.Module):
    """The results of all its poolings, one after another."""

    def __init__(self, poolings: list[nn.MaxPool2d]) -> None:
        super().__init__()
        self.poolings = nn.ModuleList(poolings)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([pooling(x).flatten(1) for pooling in self.poolings], dim=1)
