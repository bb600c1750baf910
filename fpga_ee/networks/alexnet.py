"""AlexNets with early exits, for images of 32 x 32 pixels: one of BranchyNet, and a larger one."""

from torch import nn

from fpga_ee.networks.blocks import ConvAcPool
from fpga_ee.networks.early_exit import EarlyExitNetwork

COLOUR_SHAPE = (3, 32, 32)


class B_Alexnet_cifar(EarlyExitNetwork):  # noqa: N801 - the published name
    """BranchyNet's AlexNet with three exits, without the local response normalisation."""

    data_set = "cifar10"

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                nn.Sequential(ConvAcPool(3, 32, kernel=5, padding=2)),
                nn.Sequential(
                    ConvAcPool(32, 64, kernel=5, padding=2),
                    nn.Conv2d(64, 96, kernel_size=3, padding=1),
                    nn.ReLU(),
                ),
                nn.Sequential(
                    nn.Conv2d(96, 96, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.Conv2d(96, 64, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.MaxPool2d(3, stride=2),
                    nn.Flatten(),
                    nn.Linear(576, 256),
                    nn.ReLU(),
                    nn.Dropout(0.5),
                    nn.Linear(256, 128),
                    nn.ReLU(),
                ),
            ],
            exits=[
                nn.Sequential(
                    nn.Conv2d(32, 64, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.MaxPool2d(3, stride=2),
                    nn.Conv2d(64, 32, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.MaxPool2d(3, stride=2),
                    nn.Flatten(),
                    nn.Linear(288, 10),
                ),
                nn.Sequential(
                    nn.MaxPool2d(3, stride=2),
                    nn.Conv2d(96, 32, kernel_size=3, padding=1),
                    nn.MaxPool2d(3, stride=2),
                    nn.Flatten(),
                    nn.Linear(32, 10),
                ),
                nn.Sequential(nn.Dropout(0.5), nn.Linear(128, 10)),
            ],
            exit_loss_weights=(1.0, 1.0, 1.0),
            input_shape=COLOUR_SHAPE,
        )


class C_Alexnet_SVHN(EarlyExitNetwork):  # noqa: N801 - the published name
    """The largest of the published networks, for house numbers."""

    data_set = "svhn"

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                nn.Sequential(
                    ConvAcPool(3, 64, kernel=3, padding=2),
                    ConvAcPool(64, 192, kernel=3, padding=2),
                    nn.Conv2d(192, 384, kernel_size=3, padding=1),
                    nn.ReLU(),
                ),
                nn.Sequential(
                    nn.Conv2d(384, 256, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.Conv2d(256, 256, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.MaxPool2d(3, stride=2),
                    nn.Flatten(),
                    nn.Linear(2304, 2048),
                    nn.ReLU(),
                    nn.Linear(2048, 2048),
                    nn.ReLU(),
                ),
            ],
            exits=[
                nn.Sequential(
                    nn.Conv2d(384, 128, kernel_size=3, padding=1),
                    nn.ReLU(),
                    nn.MaxPool2d(3, stride=2),
                    nn.Flatten(),
                    nn.Linear(1152, 10),
                ),
                nn.Sequential(nn.Flatten(), nn.Linear(2048, 10)),
            ],
            exit_loss_weights=(1.0, 0.3),
            input_shape=COLOUR_SHAPE,
        )
