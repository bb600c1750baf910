"""Layers of drawn networks that fixed point refuses."""

from hypothesis import strategies as st
from torch import Tensor, nn

from helpers.drawn_layers import Chain


def unknown(chain: Chain) -> None:
    """A layer that fixed point does not know, of any shape."""
    kinds: list[nn.Module] = [nn.GELU(), nn.Sigmoid(), nn.LeakyReLU(), Doubled(), Squashed(), nn.ReLU6()]
    if len(chain.shape) == 3:
        kinds += [
            nn.Upsample(scale_factor=2),
            nn.ConvTranspose2d(chain.shape[0], 3, kernel_size=2),
            nn.LPPool2d(2, 1),
            nn.AvgPool2d(1, stride=2, ceil_mode=True),
            nn.BatchNorm2d(chain.shape[0], track_running_stats=False),
            nn.Conv2d(chain.shape[0], 3, kernel_size=3, padding=1, padding_mode="circular"),
        ]
    chain.add(chain.draw(st.sampled_from(kinds)))


def used_twice(chain: Chain) -> None:
    channels = chain.shape[0]
    layer = nn.Linear(channels, channels) if len(chain.shape) == 1 else nn.Conv2d(channels, channels, 1)
    chain.add(layer)
    chain.add(nn.ReLU())
    chain.add(layer)


class Doubled(nn.Module):
    """A function that fixed point does not know, called with a number."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Squashed(nn.Module):
    """Control flow on data, which cannot be traced."""

    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 0) else -x
