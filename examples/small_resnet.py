# SPDX-FileCopyrightText: fpga_ee contributors
# SPDX-License-Identifier: Apache-2.0
"""A small ResNet with two side exits, for digits of 28 x 28.

What a network of one's own may be made of: residual blocks with batch normalisation, strided and depthwise
convolutions, average and global pooling. From the folder above this one::

    fpga-ee train examples.small_resnet:SmallResNet
    fpga-ee deploy examples.small_resnet:SmallResNet

``examples/README.md`` has the figures.
"""

from torch import Tensor, nn

from fpga_ee.networks.early_exit import EarlyExitNetwork


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, added to what goes in; a strided 1 x 1 convolution brings that to shape."""

    def __init__(self, channels: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels, filters, kernel_size=3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != filters:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, filters, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(filters),
            )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.convolutions(x) + self.shortcut(x))  # type: ignore[no-any-return]


class SmallResNet(EarlyExitNetwork):
    """Three stages of residual blocks; the first exit costs a fifth of the last."""

    def __init__(self) -> None:
        stem = nn.Sequential(
            nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()
        )
        super().__init__(
            backbone=[
                nn.Sequential(stem, ResidualBlock(8, 16, stride=2)),
                ResidualBlock(16, 32, stride=2),
                nn.Sequential(ResidualBlock(32, 32), ResidualBlock(32, 64, stride=2)),
            ],
            exits=[
                nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16 * 7 * 7, 10)),
                nn.Sequential(
                    nn.Conv2d(32, 32, kernel_size=3, groups=32, bias=False),
                    nn.BatchNorm2d(32),
                    nn.ReLU(),
                    nn.AdaptiveAvgPool2d(1),
                    nn.Flatten(),
                    nn.Linear(32, 10),
                ),
                nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)),
            ],
            exit_loss_weights=[1.0, 0.6, 0.3],
            input_shape=(1, 28, 28),
        )
