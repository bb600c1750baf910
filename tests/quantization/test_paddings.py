"""Each convolution behind a padding gets one of its own."""

import torch
from helpers.lowering import backbone_of, images, one_stage
from torch import Tensor, nn
from torch.nn import functional


class TwoReaders(nn.Module):
    """Two convolutions that read one padding."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 3, 2), nn.Conv2d(2, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, (1, 0, 0, 2))
        return self.first(padded) + self.second(padded)


def test_each_convolution_gets_a_padding_of_its_own() -> None:
    network = one_stage(TwoReaders())
    part = backbone_of(network)
    paddings = [node for node in part.graph.graph.nodes if str(node.target) == "aten.pad.default"]
    assert [len(node.users) for node in paddings] == [1, 1]
    assert part.passes == (), "nothing is rounded between a padding and its convolution"
    with torch.inference_mode():
        assert torch.equal(part.graph(images(network)), network.backbone[0](images(network)))
