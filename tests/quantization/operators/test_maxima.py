"""A maximum over rows and columns becomes a max pooling."""

import pytest
import torch
from helpers.lowering import backbone_of, images, one_stage
from torch import Tensor, nn


class Largest(nn.Module):
    """The largest value over rows and columns."""

    def __init__(self, axes: tuple[int, ...], *, keepdim: bool) -> None:
        super().__init__()
        self.axes, self.keepdim = axes, keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(self.axes, keepdim=self.keepdim)


@pytest.mark.parametrize(
    "maximum",
    [
        nn.AdaptiveMaxPool2d(1),
        nn.AdaptiveMaxPool2d((3, 2)),
        nn.AdaptiveMaxPool2d((None, 1)),
        Largest((2, 3), keepdim=False),
        Largest((-1, -2), keepdim=True),
    ],
    ids=str,
)
def test_a_maximum_becomes_a_max_pooling(maximum: nn.Module) -> None:
    network = one_stage(nn.Conv2d(2, 3, 1), maximum)
    part = backbone_of(network)
    (layer,) = part.operations
    assert [str(node.target) for node in part.graph.graph.nodes if "max" in str(node.target)] == [
        "aten.max_pool2d.default"
    ]
    assert str(layer.result.target) == "aten.max_pool2d.default", "the layer is rounded behind it"
    with torch.inference_mode():
        assert torch.equal(part.graph(images(network)), network.backbone[0](images(network)))
