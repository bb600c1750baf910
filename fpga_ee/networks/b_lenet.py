"""B_Lenet, the two-exit LeNet of BranchyNet, its two FPGA-friendly forms, and one for colour images."""

from torch import nn

from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork

MNIST_SHAPE = (1, 28, 28)
LOSS_WEIGHTS = (1.0, 0.3)


class B_Lenet(EarlyExitNetwork):  # noqa: N801 - the published name
    """The original: ceil-mode pooling, and pooling duplicated in backbone and exit."""

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                nn.Conv2d(1, 5, kernel_size=5, padding=3),
                # Nested as published, because the nesting is part of the parameters' names.
                nn.Sequential(
                    nn.Sequential(nn.MaxPool2d(2, stride=2), nn.ReLU()),
                    ConvPoolAc(5, 10, kernel=5, padding=3, ceil_mode=True),
                    ConvPoolAc(10, 20, kernel=5, padding=3, ceil_mode=True),
                    nn.Sequential(nn.Flatten(), nn.Linear(720, 84)),
                ),
            ],
            exits=[
                nn.Sequential(
                    nn.MaxPool2d(2, stride=2),
                    nn.ReLU(),
                    ConvPoolAc(5, 10, kernel=3, padding=1, ceil_mode=True),
                    nn.Flatten(),
                    nn.Linear(640, 10, bias=False),
                ),
                nn.Sequential(nn.Linear(84, 10, bias=False)),
            ],
            exit_loss_weights=LOSS_WEIGHTS,
            input_shape=MNIST_SHAPE,
        )


class B_Lenet_fcn(EarlyExitNetwork):  # noqa: N801 - the published name
    """B_Lenet for FPGAs: no ceil mode, other padding, no duplicated layers."""

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                ConvPoolAc(1, 5, kernel=5, padding=4),
                nn.Sequential(
                    ConvPoolAc(5, 10, kernel=5, padding=4),
                    ConvPoolAc(10, 20, kernel=5, padding=3),
                    nn.Flatten(),
                    nn.Linear(720, 84),
                ),
            ],
            exits=[
                nn.Sequential(
                    ConvPoolAc(5, 10, kernel=3, padding=1),
                    nn.Flatten(),
                    nn.Linear(640, 10),
                ),
                nn.Sequential(nn.Linear(84, 10)),
            ],
            exit_loss_weights=LOSS_WEIGHTS,
            input_shape=MNIST_SHAPE,
        )


class B_Lenet_se(EarlyExitNetwork):  # noqa: N801 - the published name
    """B_Lenet_fcn without the hidden linear layer of its second stage."""

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                ConvPoolAc(1, 5, kernel=5, padding=4),
                nn.Sequential(
                    ConvPoolAc(5, 10, kernel=5, padding=4),
                    ConvPoolAc(10, 20, kernel=5, padding=3),
                    nn.Flatten(),
                ),
            ],
            exits=[
                nn.Sequential(
                    ConvPoolAc(5, 10, kernel=3, padding=1),
                    nn.Flatten(),
                    nn.Linear(640, 10),
                ),
                nn.Sequential(nn.Linear(720, 10)),
            ],
            exit_loss_weights=LOSS_WEIGHTS,
            input_shape=MNIST_SHAPE,
        )


class B_Lenet_cifar(EarlyExitNetwork):  # noqa: N801 - the published name
    """B_Lenet_fcn for the colour images of CIFAR-10."""

    data_set = "cifar10"

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                ConvPoolAc(3, 5, kernel=5, padding=2),
                nn.Sequential(
                    ConvPoolAc(5, 10, kernel=5, padding=4),
                    ConvPoolAc(10, 20, kernel=5, padding=3),
                    nn.Flatten(),
                    nn.Linear(720, 84),
                ),
            ],
            exits=[
                nn.Sequential(
                    ConvPoolAc(5, 10, kernel=3, padding=1),
                    nn.Flatten(),
                    nn.Linear(640, 10),
                ),
                nn.Sequential(nn.Linear(84, 10)),
            ],
            exit_loss_weights=LOSS_WEIGHTS,
            input_shape=(3, 32, 32),
        )
