"""Networks and images that are quick to train with."""

import numpy as np
import torch
from torch import Tensor, nn

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork


class Striped(EarlyExitNetwork):
    """Two exits on 8 x 8 images, quick to train."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU()),
                nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(144, 8), nn.ReLU()),
            ],
            exits=[nn.Sequential(nn.Flatten(), nn.Linear(144, 3)), nn.Linear(8, 3)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 8, 8),
        )


class Coarse(EarlyExitNetwork):
    """Two exits on digits seen at a quarter of their resolution, quick to train on many images."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 16), nn.ReLU()),
                nn.Sequential(nn.Linear(16, 16), nn.ReLU()),
            ],
            exits=[nn.Linear(16, 10), nn.Linear(16, 10)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 28, 28),
        )


class Curved(EarlyExitNetwork):
    """Has an activation that fixed point does not know."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 16), nn.GELU()),
                nn.Sequential(nn.Linear(16, 16), nn.ReLU()),
            ],
            exits=[nn.Linear(16, 10), nn.Linear(16, 10)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 28, 28),
        )


def stripes(name: str, count: int, seed: int) -> LabelledImages:
    """Noisy images with one bright row: high (label 0), in the middle (1) or low (2)."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, size=count)
    images = random.integers(0, 80, size=(count, 1, 8, 8), dtype=np.uint8)
    images[np.arange(count), 0, 1 + 2 * labels] += 150
    return LabelledImages(name, images, labels.astype(np.int64))


class ThreeExits(EarlyExitNetwork):
    """Three exits on 8 x 8 images; a stage without ReLU, so that signed feature maps occur."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                ConvPoolAc(1, 4, kernel=3, padding=1),
                nn.Conv2d(4, 4, kernel_size=3),
                nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU()),
            ],
            exits=[
                nn.Sequential(nn.Flatten(), nn.Linear(64, 3)),
                nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(16, 3, bias=False)),
                nn.Linear(8, 3),
            ],
            exit_loss_weights=(1.0, 0.5, 0.3),
            input_shape=(1, 8, 8),
        )


class Color(EarlyExitNetwork):
    """Takes larger images than digits, with three channels."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[nn.Conv2d(3, 2, kernel_size=8, stride=8), nn.ReLU()],
            exits=[nn.Sequential(nn.Flatten(), nn.Linear(32, 10)) for _ in range(2)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(3, 32, 32),
        )


class SevenDigits(EarlyExitNetwork):
    """Knows the digits 0 to 6 only."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[nn.Conv2d(1, 2, kernel_size=7, stride=7), nn.ReLU()],
            exits=[nn.Sequential(nn.Flatten(), nn.Linear(32, 7)) for _ in range(2)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 28, 28),
        )


class Digits(EarlyExitNetwork):
    """Two exits on digits, for the steps of the flow."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(nn.Conv2d(1, 4, kernel_size=5, stride=3), nn.ReLU()),
                nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 200), nn.ReLU()),
            ],
            exits=[
                nn.Sequential(nn.MaxPool2d(4), nn.Flatten(), nn.Linear(16, 10)),
                nn.Sequential(nn.Linear(200, 10)),
            ],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 28, 28),
        )


class Shortcut(nn.Module):
    """A depthwise convolution beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.depthwise(x) + x


class Joined(EarlyExitNetwork):
    """Two exits on digits, with a join, convolutions in groups, clips and both kinds of averages."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(
                    nn.Conv2d(1, 4, kernel_size=5, stride=3),
                    nn.ReLU(),
                    Shortcut(4),
                    nn.ReLU6(),
                    nn.AvgPool2d(2),
                ),
                nn.Sequential(nn.Conv2d(4, 8, kernel_size=3, groups=2), nn.ReLU6()),
            ],
            exits=[
                nn.Sequential(nn.Flatten(), nn.Linear(64, 10)),
                nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)),
            ],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 28, 28),
        )


class OneExit(EarlyExitNetwork):
    """An ordinary network on digits: its only exit is its last."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[nn.Sequential(nn.Conv2d(1, 4, kernel_size=5, stride=3), nn.ReLU())],
            exits=[nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))],
            exit_loss_weights=(1.0,),
            input_shape=(1, 28, 28),
        )


class ViewedAsRows(nn.Module):
    """A linear layer that flattens by the batch size of its input."""

    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.view(x.shape[0], -1))  # type: ignore[no-any-return]


class SizesInBetween(nn.Module):
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
    """Two exits on 8 x 8 images, whose forward methods take sizes from their input."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU()), SizesInBetween()],
            exits=[ViewedAsRows(4 * 6 * 6, 3), ViewedAsRows(8, 3)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 8, 8),
        )


class Colours(EarlyExitNetwork):
    """Two exits on small colour photos."""

    data_set = "cifar10"

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(nn.Conv2d(3, 4, kernel_size=3, stride=2), nn.ReLU()),
                nn.Sequential(nn.Conv2d(4, 4, kernel_size=3, stride=2), nn.ReLU()),
            ],
            exits=[nn.Sequential(nn.Flatten(), nn.Linear(size, 10)) for size in (4 * 15 * 15, 4 * 7 * 7)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(3, 32, 32),
        )
