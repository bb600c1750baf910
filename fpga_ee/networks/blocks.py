"""Layer groups of the published early-exit networks."""

from torch import Tensor, nn


class ConvPoolAc(nn.Module):
    """Convolution, 2x2 max pooling with stride 2, ReLU.

    The attribute ``layer`` holds the three layers, so that parameter names are those of the published classes
    (``backbone.0.layer.0.weight``).
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        *,
        kernel: int,
        padding: int,
        ceil_mode: bool = False,
    ) -> None:
        """Make the three layers.

        Args:
            channels_in: Channels of the input.
            channels_out: Channels of the output.
            kernel: Height and width of the convolution's window.
            padding: Rows and columns of zeros on every side of the convolution's input.
            ceil_mode: True where a last, incomplete pooling window counts as an output.
        """
        super().__init__()
        self.layer = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, kernel_size=kernel, padding=padding),
            nn.MaxPool2d(2, stride=2, ceil_mode=ceil_mode),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map float32 [N, channels_in, H, W] to [N, channels_out, H', W']."""
        return self.layer(x)  # type: ignore[no-any-return]


class ConvAcPool(nn.Module):
    """Convolution, ReLU, 3x3 max pooling with stride 2.

    The attribute ``layer`` holds the three layers, as in :class:`ConvPoolAc`.
    """

    def __init__(self, channels_in: int, channels_out: int, *, kernel: int, padding: int) -> None:
        """Make the three layers. :class:`ConvPoolAc` explains the arguments."""
        super().__init__()
        self.layer = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, kernel_size=kernel, padding=padding),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map float32 [N, channels_in, H, W] to [N, channels_out, H', W']."""
        return self.layer(x)  # type: ignore[no-any-return]
