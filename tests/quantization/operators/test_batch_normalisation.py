"""A normalisation goes into the layer before it, or becomes a layer of its own; no value changes."""

import copy

import pytest
import torch
from helpers.lowering import backbone_of, images, one_stage, trained
from torch import Tensor, nn
from torch.nn import functional

from fpga_ee.artifacts.formats import Widths
from fpga_ee.quantization.operators.batch_normalisation import FoldedNormalisation, neutral
from fpga_ee.quantization.quantize import quantize

NORMALISED = {
    "convolution": ([nn.Conv2d(2, 4, kernel_size=3, bias=False), nn.BatchNorm2d(4)], ["0"]),
    "convolution with bias": ([nn.Conv2d(2, 4, kernel_size=3), nn.BatchNorm2d(4)], ["0"]),
    "depthwise convolution": ([nn.Conv2d(2, 4, kernel_size=3, groups=2), nn.BatchNorm2d(4)], ["0"]),
    "linear layer": ([nn.Flatten(), nn.Linear(96, 5), nn.BatchNorm1d(5)], ["1"]),
    "without parameters": ([nn.Conv2d(2, 4, kernel_size=3), nn.BatchNorm2d(4, affine=False)], ["0"]),
    "image": ([nn.BatchNorm2d(2)], ["0"]),
    "pooling": ([nn.Conv2d(2, 4, kernel_size=3), nn.MaxPool2d(2), nn.BatchNorm2d(4)], ["0", "2"]),
    "ReLU": ([nn.Flatten(), nn.Linear(96, 5), nn.ReLU(), nn.BatchNorm1d(5)], ["1", "3"]),
    "another": ([nn.Conv2d(2, 4, kernel_size=3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)], ["0", "2"]),
}


@pytest.mark.parametrize("name", NORMALISED)
def test_a_normalisation_goes_into_the_layer_before_it_or_becomes_one(name: str) -> None:
    stage, layers = NORMALISED[name]
    modules = [
        trained(module) if hasattr(module, "running_mean") else module for module in copy.deepcopy(stage)
    ]
    network = one_stage(*modules)
    part = backbone_of(network)
    assert [layer.name for layer in part.layers] == [f"backbone.0.{layer}" for layer in layers]
    assert not any("batch_norm" in str(node.target) for node in part.graph.graph.nodes)
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


def test_a_layer_that_something_else_reads_too_keeps_its_weights() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.normalisation = nn.Conv2d(2, 4, kernel_size=3), trained(nn.BatchNorm2d(4))

        def forward(self, x: Tensor) -> Tensor:
            x = self.convolution(x)
            return x + self.normalisation(x)

    network = one_stage(Both())
    part = backbone_of(network)
    assert [operation.name for operation in part.operations] == [
        "backbone.0.0.convolution", "backbone.0.0.normalisation", "backbone.0.0.add",
    ]  # fmt: skip
    weight = network.state_dict()["backbone.0.0.convolution.weight"]
    assert torch.equal(part.graph.state_dict()["0.convolution.weight"], weight)
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


def test_a_normalisation_can_be_made_to_do_nothing_but_shift() -> None:
    """A layer that was trained with its normalisation in it gives the same with both."""
    layer, normalisation = nn.Linear(3, 4), trained(nn.BatchNorm1d(4, eps=0.25))
    both = nn.Sequential(layer, normalisation).eval()
    new = {"0.weight": torch.rand(4, 3), "0.bias": torch.rand(4)}
    both.load_state_dict(
        both.state_dict()
        | {"0.weight": new["0.weight"]}
        | neutral(FoldedNormalisation("0", "1", 0.25), both.state_dict(), new)
    )
    values = torch.rand(5, 3)
    assert torch.equal(both(values), functional.linear(values, new["0.weight"]) + new["0.bias"])


def test_a_channel_shift_is_kept_where_all_weights_are_zero() -> None:
    """A normalisation that training has silenced leaves only its shift."""
    silenced = trained(nn.BatchNorm2d(4))
    nn.init.zeros_(silenced.weight)
    network = one_stage(nn.Conv2d(2, 4, kernel_size=3), silenced)
    quantized = quantize(network, images(network), Widths())
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        feature_map = quantized.network.backbone[0](images(network))
        assert float((feature_map - network.backbone[0](images(network))).abs().max()) <= step
