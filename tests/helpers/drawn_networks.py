"""Random early-exit networks, drawn by hypothesis, with images, widths and rules to deploy them with.

A drawn network is made of real layers, so a failing example prints as the modules it is made of. A layer
kind is a function that adds layers to a chain: ``EVERY_KIND`` has all that fixed point knows, and
``HARDWARE_KINDS`` those that the hardware library knows too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork
from helpers.thresholds import TOLD

IMAGES = 16

LARGEST_FLAT = 400
"""Numbers that a linear layer reads at most, so that the certificate holds at all widths."""

LARGEST_SIDE = 16
"""Rows or columns at which a feature map is pooled before anything else."""

Draw = Callable[..., Any]


@dataclass(frozen=True)
class Drawn:
    """A network with images, widths and rules to deploy it with."""

    network: EarlyExitNetwork
    images: NDArray[np.float32]
    widths: Widths
    rules: tuple[ExitRule, ...]


@st.composite
def deployments(draw: Draw, *, exits: int, kinds: "Kinds | None" = None) -> Drawn:
    """Layers are of ``kinds``, of every kind where it is None."""
    seed = draw(st.integers(0, 2**16))
    torch.manual_seed(seed)
    network = draw(networks(exits=exits, kinds=kinds or EVERY_KIND))
    normalised = any(isinstance(module, BATCH_NORMS) for module in network.modules())
    # What normalisations do to the weights is not on the grid that 8-bit weights need.
    widths = Widths(weight_bits=draw(st.integers(2, 8 - normalised)), activation_bits=draw(st.integers(2, 8)))
    scale_weights(network, draw(st.sampled_from([1.0, 3.0, 0.25])))
    pixels = np.random.default_rng(seed).integers(0, 256, (IMAGES, *network.input_shape), dtype=np.uint8)
    pixels[0], pixels[1] = 0, 255
    images = pixels.astype(np.float32) / np.float32(256)
    spread_logits(network, images, draw(st.sampled_from([1.0, 4.0, 16.0])))
    if widths.weight_bits == 8:
        halve_weight_range(network)
    return Drawn(network, images, widths, draw(exit_rules(network, images)))


@st.composite
def networks(draw: Draw, *, exits: int, kinds: "Kinds") -> EarlyExitNetwork:
    """Stages that start with any layers but the first, which multiplies; exits that end with a linear."""
    input_shape = (draw(st.integers(1, 3)), draw(st.integers(4, 10)), draw(st.integers(4, 10)))
    classes = draw(st.integers(2, 12))
    shape: tuple[int, ...] = input_shape
    backbone, heads = [], []
    for stage in range(exits):
        body = Chain(draw, shape)
        body.add_some(kinds, first_multiplies=stage == 0)
        shape = body.shape
        head = Chain(draw, shape)
        if draw(st.booleans()):
            head.add_some(kinds, first_multiplies=False)
        head.flatten()
        head.add(nn.Linear(head.shape[0], classes, bias=draw(st.booleans())))
        backbone.append(body.module())
        heads.append(head.module())
    return EarlyExitNetwork(
        backbone=backbone, exits=heads, exit_loss_weights=[1.0] * exits, input_shape=input_shape
    ).eval()


@st.composite
def exit_rules(draw: Draw, network: EarlyExitNetwork, images: NDArray[np.float32]) -> tuple[ExitRule, ...]:
    """A rule for every early exit: mostly one by which some of the images leave, now and then an extreme."""
    criterion = draw(st.sampled_from([*CRITERIA.values()]))
    low, high = TOLD[criterion.name]
    thresholds = []
    for logits in logits_of(network.eval(), torch.from_numpy(images))[:-1]:
        measured = measure(criterion, logits.double())
        share = draw(st.floats(0, 1))
        extreme = draw(st.sampled_from([None, None, None, low, high]))
        thresholds.append(float(measured.quantile(share)) if extreme is None else extreme)
    return tuple(ExitRule(criterion, min(max(value, low), high)) for value in thresholds)


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
            dilation=draw(st.integers(1, 2)) if min(sides) + 2 * padding > 2 * kernel else 1,
            groups=groups,
            bias=draw(st.booleans()),
        )
    )


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
    """With statistics and parameters as training might leave them; behind whatever the chain ends with."""
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
    """Between bounds that lie anywhere; behind what multiplies."""
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


def residual(chain: Chain) -> None:
    """Adds what a chain of layers makes of its input to the input, or to what another layer makes of it."""
    draw, channels = chain.draw, chain.shape[0]
    filters, stride = draw(st.sampled_from([(channels, 1), (channels, 1), (4, 1), (3, 2)]))
    body = Chain(draw, chain.shape)
    kernel = draw(st.sampled_from([1, 3]))
    body.add(nn.Conv2d(channels, filters, kernel, stride=stride, padding=kernel // 2))
    if draw(st.booleans()):
        batch_norm(body)
    if draw(st.booleans()):
        body.add(nn.ReLU())
        body.add(nn.Conv2d(filters, filters, kernel, padding=kernel // 2, groups=filters, bias=False))
    shortcut: nn.Module = nn.Identity()
    if (filters, stride) != (channels, 1):
        shortcut = nn.Conv2d(channels, filters, kernel_size=1, stride=stride)
    elif draw(st.booleans()):
        shortcut = draw(st.sampled_from([nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1), nn.ReLU()]))
    chain.add(Sum(nn.Sequential(*body.modules), shortcut))
    if draw(st.booleans()):
        activation(chain)


def plain_residual(chain: Chain) -> None:
    """Adds the output of one or two convolutions to their input, or to the output of a faster layer."""
    draw, channels = chain.draw, chain.shape[0]
    filters, stride = draw(st.sampled_from([(channels, 1), (channels, 1), (4, 1), (3, 2)]))
    kernel = draw(st.sampled_from([1, 3, 5]))
    body: list[nn.Module] = [nn.Conv2d(channels, filters, kernel, stride=stride, padding=kernel // 2)]
    if draw(st.booleans()):
        body += [nn.ReLU(), nn.Conv2d(filters, filters, kernel, padding=kernel // 2)]
    shortcut: nn.Module = nn.Identity()
    if (filters, stride) != (channels, 1):
        shortcut = nn.Conv2d(channels, filters, kernel_size=1, stride=stride)
    elif draw(st.booleans()):
        shortcut = draw(st.sampled_from([nn.MaxPool2d(3, 1, 1), nn.ReLU()]))
    chain.add(Sum(nn.Sequential(*body), shortcut))
    if draw(st.booleans()):
        chain.add(nn.ReLU())


def nested_residual(chain: Chain) -> None:
    """A residual around a residual: both joins read one fork, where the inner one stands first."""
    channels = chain.shape[0]
    inner = Sum(nn.Conv2d(channels, channels, kernel_size=3, padding=1), nn.Identity())
    outer: list[nn.Module] = [inner]
    if chain.draw(st.booleans()):
        outer += [nn.ReLU(), nn.Conv2d(channels, channels, kernel_size=3, padding=1)]
    chain.add(Sum(nn.Sequential(*outer), nn.Identity()))


def linear_residual(chain: Chain) -> None:
    entries = chain.shape[0]
    chain.add(Sum(nn.Sequential(nn.Linear(entries, entries), nn.ReLU()), nn.Identity()))


class Sum(nn.Module):
    """The sum of what two modules make of one input."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> Tensor:
        return self.first(x) + self.second(x)  # type: ignore[no-any-return]


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


Kind = Callable[[Chain], None]


@dataclass(frozen=True)
class Kinds:
    """Kinds of layers: those that a network may start with, and those for feature maps and for vectors."""

    first: tuple[Kind, ...]
    of_feature_maps: tuple[Kind, ...]
    of_vectors: tuple[Kind, ...]


HARDWARE_KINDS = Kinds(
    first=(conv, conv_relu, conv_pool_ac, conv_clip, padded_conv),
    of_feature_maps=(
        conv,
        conv_relu,
        conv_pool_ac,
        conv_clip,
        padded_conv,
        pool,
        global_maximum,
        dropout,
        flat_linear,
    ),
    of_vectors=(linear, linear_relu, linear_clip, dropout),
)
JOINING_KINDS = Kinds(
    first=(plain_residual, nested_residual),
    of_feature_maps=(plain_residual, nested_residual, conv_pool_ac, pool),
    of_vectors=(linear_residual, linear_relu),
)
EVERY_KIND = Kinds(
    first=(*HARDWARE_KINDS.first, grouped_conv, conv_norm_activation, residual, average_pool),
    of_feature_maps=(
        *HARDWARE_KINDS.of_feature_maps,
        grouped_conv,
        conv_norm_activation,
        batch_norm,
        residual,
        average_pool,
        global_average,
    ),
    of_vectors=(*HARDWARE_KINDS.of_vectors, batch_norm, linear_residual),
)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def scale_weights(network: nn.Module, factor: float) -> None:
    """Spread the values, so that feature maps saturate and exits are sure of something."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(factor)


def spread_logits(network: EarlyExitNetwork, images: NDArray[np.float32], deviation: float) -> None:
    """Let the last layers tell images apart, so that a difference anywhere before shows in some logit."""
    every_exit = logits_of(network, torch.from_numpy(images))
    for exit_, logits in zip(network.exits, every_exit, strict=True):
        last = [module for module in exit_.modules() if isinstance(module, nn.Linear)][-1]
        spread = float((logits - logits.mean(dim=0)).std())
        with torch.no_grad():
            last.weight.mul_(deviation / max(spread, 1e-3 * deviation))


def halve_weight_range(network: nn.Module) -> None:
    """Put the weights on 8-bit grids of which they use half, so that no two products exceed 16 bits."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                step = 2.0 ** (float(parameter.abs().max().log2().ceil()) - 6)
                parameter.copy_((parameter / step).round() * step)


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


EVERY_KIND_AND_UNKNOWN_ONES = Kinds(
    first=EVERY_KIND.first,
    of_feature_maps=(*EVERY_KIND.of_feature_maps, unknown, unknown, used_twice),
    of_vectors=(*EVERY_KIND.of_vectors, unknown, used_twice),
)
