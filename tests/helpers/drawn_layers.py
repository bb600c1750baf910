"""Layers of drawn networks: each function adds one or a few to a chain."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from fpga_ee.networks.blocks import ConvPoolAc

Draw = Callable[..., Any]

LARGEST_FLAT = 400
"""Numbers that a linear layer reads at most, so that the certificate holds at all widths."""


LARGEST_SIDE = 16
"""Rows or columns at which a feature map is pooled before anything else."""


@dataclass
class Chain:
    """Layers one after another, and the shape behind the last."""

    draw: Draw
    shape: tuple[int, ...]
    modules: list[nn.Module] = field(default_factory=list)

    def module(self) -> nn.Module:
        """A single layer stands alone now and then, since it is named differently from one in a sequence."""
        if len(self.modules) == 1 and self.draw(st.booleans()):
            return self.modules[0]
        return nn.Sequential(*self.modules)

    def add(self, module: nn.Module) -> None:
        with torch.inference_mode():
            self.shape = tuple(module.eval()(torch.zeros(1, *self.shape)).shape[1:])
        self.modules.append(module)

    def add_some(self, kinds: "Kinds", *, first_multiplies: bool) -> None:
        for index in range(self.draw(st.integers(1, 2))):
            if len(self.shape) == 1:
                choices = kinds.of_vectors
            elif max(self.shape[1:]) > LARGEST_SIDE:
                choices = (pool,)
            else:
                choices = kinds.of_feature_maps
            if index == 0:
                # A stage of a dropout alone computes nothing, and is refused.
                choices = tuple(kind for kind in choices if kind is not dropout)
            if first_multiplies and index == 0:
                choices = kinds.first
            self.draw(st.sampled_from(choices))(self)

    def flatten(self) -> None:
        """To a vector that is short enough for a linear layer."""
        while np.prod(self.shape) > LARGEST_FLAT:
            self.add(nn.MaxPool2d(2, ceil_mode=self.draw(st.booleans())))
        if len(self.shape) > 1:
            self.add(nn.Flatten())


Kind = Callable[[Chain], None]


def conv(chain: Chain) -> None:
    draw, (channels, *sides) = chain.draw, chain.shape
    padding = draw(st.integers(0, 4))
    kernel = tuple(draw(st.integers(1, min(5, side + 2 * padding))) for side in sides)
    chain.add(
        nn.Conv2d(
            channels,
            draw(st.integers(1, 8)),
            kernel_size=kernel,
            stride=draw(st.integers(1, 2)),
            padding=padding,
            bias=draw(st.booleans()),
        )
    )


def grouped_conv(chain: Chain) -> None:
    """In as many groups as it may have, one or two filters each; depthwise where each channel is a group."""
    draw, (channels, *sides) = chain.draw, chain.shape
    groups = draw(st.sampled_from([count for count in range(1, channels + 1) if channels % count == 0]))
    padding = draw(st.integers(0, 2))
    kernel = draw(st.integers(1, min(3, min(sides) + 2 * padding)))
    chain.add(
        nn.Conv2d(
            channels,
            groups * draw(st.integers(1, 2)),
            kernel_size=kernel,
            stride=draw(st.integers(1, 3)),
            padding=padding,
            groups=groups,
            bias=draw(st.booleans()),
        )
    )


def dilated_conv(chain: Chain) -> None:
    """Two rows and columns from tap to tap, in one group or depthwise."""
    draw, (channels, *sides) = chain.draw, chain.shape
    padding = draw(st.integers(0, 2))
    kernel = draw(st.integers(1, max(1, min(3, (min(sides) + 2 * padding + 1) // 2))))
    groups = draw(st.sampled_from([1, channels]))
    stride = draw(st.integers(1, 2))
    chain.add(nn.Conv2d(channels, groups * 2, kernel, stride, padding, dilation=2, groups=groups))


def conv_relu(chain: Chain) -> None:
    conv(chain)
    chain.add(nn.ReLU())


def conv_pool_ac(chain: Chain) -> None:
    draw, (channels, *sides) = chain.draw, chain.shape
    padding = draw(st.integers(1, 4))
    # At least two rows and columns must be left to pool.
    kernel = draw(st.integers(1, min(5, min(sides) + 2 * padding - 1)))
    ceil_mode = draw(st.booleans())
    chain.add(
        ConvPoolAc(channels, draw(st.integers(1, 8)), kernel=kernel, padding=padding, ceil_mode=ceil_mode)
    )


def pool(chain: Chain) -> None:
    draw = chain.draw
    kernel = draw(st.integers(1, min(3, *chain.shape[1:])))
    chain.add(
        nn.MaxPool2d(
            kernel,
            stride=draw(st.integers(1, 3)),
            padding=draw(st.integers(0, kernel // 2)),
            ceil_mode=draw(st.booleans()),
        )
    )


def padded_conv(chain: Chain) -> None:
    """Each side is padded by itself."""
    draw = chain.draw
    sides = [draw(st.integers(0, 3)) for _ in range(4)]
    chain.add(nn.ZeroPad2d(tuple(sides)))  # type: ignore[arg-type]
    if draw(st.booleans()):
        conv(chain)
    else:
        # The padding at the end is larger where a kernel is even.
        chain.add(nn.Conv2d(chain.shape[0], draw(st.integers(1, 4)), (2, 3), padding="same"))


def global_maximum(chain: Chain) -> None:
    halves = [1 if size % 2 else size // 2 for size in chain.shape[1:]]
    kinds = [nn.AdaptiveMaxPool2d(1), nn.AdaptiveMaxPool2d(tuple(halves)), Largest(), Largest(keepdim=True)]  # type: ignore[arg-type]
    chain.add(chain.draw(st.sampled_from(kinds)))


def average_pool(chain: Chain) -> None:
    draw = chain.draw
    kernel = draw(st.integers(1, min(4, *chain.shape[1:])))
    chain.add(
        nn.AvgPool2d(
            kernel,
            stride=draw(st.integers(1, 3)),
            padding=draw(st.integers(0, kernel // 2)),
            divisor_override=draw(st.sampled_from([None, None, None, 1, 5])),
        )
    )


def global_average(chain: Chain) -> None:
    chain.add(chain.draw(st.sampled_from([nn.AdaptiveAvgPool2d(1), Mean(keepdim=True), Mean(keepdim=False)])))


def batch_norm(chain: Chain) -> None:
    """Add a normalisation with statistics and parameters as training might leave them, after any layer."""
    channels = chain.shape[0]
    module = nn.BatchNorm2d(channels) if len(chain.shape) == 3 else nn.BatchNorm1d(channels)
    with torch.no_grad():
        module.running_mean.normal_()
        module.running_var.uniform_(0.1, 2)
        module.weight.uniform_(-1, 2)
        module.bias.normal_()
    chain.add(module)


def activation(chain: Chain) -> None:
    inplace = chain.draw(st.booleans())
    kinds = [nn.ReLU(inplace), nn.ReLU6(inplace), nn.Hardtanh(-1, 2, inplace)]
    chain.add(chain.draw(st.sampled_from(kinds)))


def clip(chain: Chain) -> None:
    """Add a clip with any bounds, after a layer that multiplies."""
    draw = chain.draw
    low, high = sorted(draw(st.floats(-2, 3, width=32)) for _ in range(2))
    kinds = [nn.ReLU6(), nn.Hardtanh(low, high + 1), Clamp(low, None), Clamp(None, high), Clamp(low, high)]
    chain.add(draw(st.sampled_from(kinds)))


def conv_clip(chain: Chain) -> None:
    """With poolings and ReLUs in front of the clip and behind it."""
    draw = chain.draw
    conv(chain)
    for add in (draw(st.sampled_from([None, pool, relu])), clip, draw(st.sampled_from([None, pool, relu]))):
        if add is not None:
            add(chain)


def relu(chain: Chain) -> None:
    chain.add(nn.ReLU())


def conv_norm_activation(chain: Chain) -> None:
    chain.draw(st.sampled_from([conv, grouped_conv]))(chain)
    batch_norm(chain)
    activation(chain)


class Clamp(nn.Module):
    """Values between two bounds, of which one may be missing."""

    def __init__(self, low: float | None, high: float | None) -> None:
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(self.low, self.high)


class Largest(nn.Module):
    """The largest value over rows and columns."""

    def __init__(self, *, keepdim: bool = False) -> None:
        super().__init__()
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3), keepdim=self.keepdim)


class Mean(nn.Module):
    """The mean over rows and columns."""

    def __init__(self, *, keepdim: bool) -> None:
        super().__init__()
        self.keepdim = keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3), keepdim=self.keepdim)


def dropout(chain: Chain) -> None:
    chain.add(nn.Dropout(0.5))


def linear(chain: Chain) -> None:
    chain.add(nn.Linear(chain.shape[0], chain.draw(st.integers(1, 16)), bias=chain.draw(st.booleans())))


def linear_relu(chain: Chain) -> None:
    linear(chain)
    chain.add(nn.ReLU())


def linear_clip(chain: Chain) -> None:
    linear(chain)
    clip(chain)


def flat_linear(chain: Chain) -> None:
    chain.flatten()
    linear(chain)


@dataclass(frozen=True)
class Kinds:
    """Kinds of layers: those that a network may start with, and those for feature maps and for vectors."""

    first: tuple[Kind, ...]
    of_feature_maps: tuple[Kind, ...]
    of_vectors: tuple[Kind, ...]
