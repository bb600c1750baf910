"""Normalisations and averages become convolutions that compute the same; nothing of the network changes."""

from collections.abc import Callable

import pytest
import torch
from helpers.lowering import backbone_of, images, network_of, one_stage, trained
from torch import Tensor, nn
from torch.nn import functional

from fpga_ee.artifacts.formats import Widths
from fpga_ee.quantization.operators.batch_normalisation import FoldedNormalisation
from fpga_ee.quantization.quantize import quantize


class Filters(nn.Module):
    """A part that holds a weight itself, and a normalisation behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 2, 3, 3))
        self.normalisation = trained(nn.BatchNorm2d(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.normalisation(functional.conv2d(x, self.weight))  # type: ignore[no-any-return]


def test_a_part_can_be_a_layer_itself() -> None:
    network = network_of(Filters())
    part = backbone_of(network)
    assert [layer.name for layer in part.layers] == ["backbone.0"]
    assert part.folded == (FoldedNormalisation("backbone.0", "backbone.0.normalisation", 1e-5),)
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


class Own(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


CLIPS = {
    "ReLU": (nn.ReLU(), True),
    "in place": (nn.ReLU(inplace=True), True),
    "ReLU6": (nn.ReLU6(inplace=True), True),
    "hardtanh": (nn.Hardtanh(inplace=True), False),
    "hardtanh from 0": (nn.Hardtanh(0, 1), True),
    "hardtanh by its operator": (Own(torch.ops.aten.hardtanh.default), False),
    "ReLU and hardtanh": (nn.Sequential(nn.ReLU(), nn.Hardtanh()), False),
    "pooling behind": (nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), True),
    "pooling alone": (nn.MaxPool2d(2), False),
}


@pytest.mark.parametrize("name", CLIPS)
def test_results_are_unsigned_where_nothing_can_be_negative(name: str) -> None:
    clip, unsigned = CLIPS[name]
    (layer,) = backbone_of(one_stage(nn.Conv2d(2, 3, kernel_size=3), clip)).operations
    assert layer.unsigned is unsigned


def test_results_are_clipped_before_they_are_rounded() -> None:
    network = one_stage(nn.Conv2d(2, 3, kernel_size=3), nn.Hardtanh(-0.3, 0.4))
    with torch.no_grad():
        network.backbone[0][0].weight.mul_(4)
    quantized = quantize(network, images(network), Widths())
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        feature_map = quantized.network.backbone[0](images(network))
    assert float(feature_map.min()) == pytest.approx(-0.3, abs=step / 2)
    assert float(feature_map.max()) == pytest.approx(0.4, abs=step / 2)


def test_the_network_stays_as_it_was() -> None:
    network = one_stage(nn.Conv2d(2, 4, kernel_size=3), trained(nn.BatchNorm2d(4)), nn.AvgPool2d(2))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    quantize(network, images(network), Widths())
    after = network.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
