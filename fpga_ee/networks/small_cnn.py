"""TW_SmallCNN, the small network of "Triple Wins" with one of its early exits."""

from torch import nn

from fpga_ee.networks.early_exit import EarlyExitNetwork


class TW_SmallCNN(EarlyExitNetwork):  # noqa: N801 - the published name
    """Seven layers for MNIST; its early exit has three linear layers with no activation between them."""

    def __init__(self) -> None:
        """Make the network with fresh random weights."""
        super().__init__(
            backbone=[
                nn.Sequential(nn.Conv2d(1, 32, kernel_size=3), nn.ReLU()),
                nn.Sequential(
                    nn.Conv2d(32, 32, kernel_size=3),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                    nn.Conv2d(32, 64, kernel_size=3),
                    nn.ReLU(),
                    nn.Conv2d(64, 64, kernel_size=3),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                    nn.Flatten(),
                    nn.Linear(1024, 200),
                    nn.ReLU(),
                    nn.Linear(200, 200),
                    nn.ReLU(),
                ),
            ],
            exits=[
                nn.Sequential(
                    nn.Conv2d(32, 16, kernel_size=3, stride=2),
                    nn.MaxPool2d(2),
                    nn.Flatten(),
                    nn.Linear(576, 200),
                    nn.Linear(200, 200),
                    nn.Linear(200, 10),
                ),
                nn.Sequential(nn.Linear(200, 10)),
            ],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 28, 28),
        )
