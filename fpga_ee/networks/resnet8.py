"""ResNet-8 of MLPerf Tiny's image classification, plain and with early exits."""

from torch import Tensor, nn

from fpga_ee.networks.early_exit import EarlyExitNetwork

_STACKS = ((16, 16, 1), (16, 32, 2), (32, 64, 2))
"""Channels, filters and stride of each stack."""

_IMAGE = (3, 32, 32)


class ResidualStack(nn.Module):
    """Two 3x3 convolutions beside a shortcut, added: the block that ResNet-8 has three of.

    The shortcut is the input itself, or a 1x1 convolution where the stack has a stride or more filters than
    channels.
    """

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        """Make the stack with fresh random weights."""
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(channels, filters, kernel_size=3, stride=stride, padding=1),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, kernel_size=3, padding=1),
            nn.BatchNorm2d(filters),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != filters:
            self.shortcut = nn.Conv2d(channels, filters, kernel_size=1, stride=stride)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map float32 [N, channels, H, W] to [N, filters, H / stride, W / stride]."""
        return self.relu(self.convolutions(x) + self.shortcut(x))  # type: ignore[no-any-return]


class ResNet8(EarlyExitNetwork):
    """The reference network: a convolution, three stacks, a global average and a linear layer."""

    data_set = "cifar10"

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[nn.Sequential(_stem(), *(ResidualStack(*stack) for stack in _STACKS))],
            exits=[_classifier()],
            exit_loss_weights=(1.0,),
            input_shape=_IMAGE,
        )


class ResNet8_ee(EarlyExitNetwork):  # noqa: N801 - as the published early-exit networks are written
    """The reference network with exits behind its first and second stack."""

    data_set = "cifar10"

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        first, second, third = (ResidualStack(*stack) for stack in _STACKS)
        super().__init__(
            backbone=[nn.Sequential(_stem(), first), second, third],
            exits=[_side_exit(16), _side_exit(32), _classifier()],
            exit_loss_weights=(1.0, 0.6, 0.3),
            input_shape=_IMAGE,
        )


def _stem() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 16, kernel_size=3, padding=1), nn.BatchNorm2d(16), nn.ReLU())


def _side_exit(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 32, kernel_size=3, stride=2, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, 10),
    )


def _classifier() -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
