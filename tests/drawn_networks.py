"""Random early-exit networks, drawn by hypothesis, with images, widths and rules to deploy them with.

A drawn network is made of real layers, so a failing example prints as the modules it is made of. A
later layer kind is one more function from a chain to that chain with the layer added.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import Widths
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule, measure
from fpga_ee.networks.blocks import ConvPoolAc
from fpga_ee.networks.early_exit import EarlyExitNetwork

IMAGES = 24

LARGEST_FLAT = 400
"""Numbers that a linear layer reads at most, so that the certificate holds at all widths."""

LARGEST_SIDE = 16
"""Rows or columns at which a feature map is pooled before anything else."""

STRICTEST_AND_LOOSEST = (0.00013, 0.99987)
"""The ends of what the integer decision can tell, of an entropy and of a probability."""

Draw = Callable[..., Any]


@dataclass(frozen=True)
class Drawn:
    """A network with images, widths and rules to deploy it with."""

    network: EarlyExitNetwork
    images: NDArray[np.float32]
    widths: Widths
    rules: tuple[ExitRule, ...]


@st.composite
def deployments(draw: Draw, *, exits: int) -> Drawn:
    seed = draw(st.integers(0, 2**16))
    torch.manual_seed(seed)
    widths = Widths(weight_bits=draw(st.integers(2, 8)), activation_bits=draw(st.integers(2, 8)))
    network = draw(networks(exits=exits))
    scale_weights(network, draw(st.sampled_from([1.0, 3.0, 0.25])))
    if widths.weight_bits == 8:
        halve_weight_range(network)
    pixels = np.random.default_rng(seed).integers(0, 256, (IMAGES, *network.input_shape), dtype=np.uint8)
    pixels[0], pixels[1] = 0, 255
    images = pixels.astype(np.float32) / np.float32(256)
    return Drawn(network, images, widths, draw(exit_rules(network, images)))


@st.composite
def networks(draw: Draw, *, exits: int) -> EarlyExitNetwork:
    """Stages that start with any layers but the first, which multiplies; exits that end with a linear."""
    input_shape = (draw(st.integers(1, 3)), draw(st.integers(4, 10)), draw(st.integers(4, 10)))
    classes = draw(st.integers(2, 12))
    shape: tuple[int, ...] = input_shape
    backbone, heads = [], []
    for stage in range(exits):
        body = Chain(draw, shape)
        body.add_some(first_multiplies=stage == 0)
        shape = body.shape
        head = Chain(draw, shape)
        if draw(st.booleans()):
            head.add_some(first_multiplies=False)
        head.flatten()
        head.add(nn.Linear(head.shape[0], classes, bias=draw(st.booleans())))
        backbone.append(body.module())
        heads.append(head.module())
    return EarlyExitNetwork(
        backbone=backbone, exits=heads, exit_loss_weights=[1.0] * exits, input_shape=input_shape
    )


@st.composite
def exit_rules(draw: Draw, network: EarlyExitNetwork, images: NDArray[np.float32]) -> tuple[ExitRule, ...]:
    """A rule for every early exit: mostly one by which some of the images leave, now and then an extreme."""
    criterion = draw(st.sampled_from(Criterion))
    thresholds = []
    for logits in logits_of(network.eval(), torch.from_numpy(images))[:-1]:
        measured = measure(criterion, logits.double())
        share = draw(st.floats(0, 1))
        extreme = draw(st.sampled_from([None, None, None, *STRICTEST_AND_LOOSEST]))
        thresholds.append(float(measured.quantile(share)) if extreme is None else extreme)
    low, high = STRICTEST_AND_LOOSEST
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

    def add_some(self, *, first_multiplies: bool) -> None:
        for index in range(self.draw(st.integers(1, 2))):
            if len(self.shape) == 1:
                kinds = [linear, linear_relu, dropout]
            elif max(self.shape[1:]) > LARGEST_SIDE:
                kinds = [pool]
            else:
                kinds = [conv, conv_relu, conv_pool_ac, pool, dropout, flat_linear]
            if first_multiplies and index == 0:
                kinds = kinds[:3]
            if index == 0:
                # A stage of a dropout alone computes nothing, and is refused.
                kinds = [kind for kind in kinds if kind is not dropout]
            self.draw(st.sampled_from(kinds))(self)

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


def dropout(chain: Chain) -> None:
    chain.add(nn.Dropout(0.5))


def linear(chain: Chain) -> None:
    chain.add(nn.Linear(chain.shape[0], chain.draw(st.integers(1, 16)), bias=chain.draw(st.booleans())))


def linear_relu(chain: Chain) -> None:
    linear(chain)
    chain.add(nn.ReLU())


def flat_linear(chain: Chain) -> None:
    chain.flatten()
    linear(chain)


def scale_weights(network: nn.Module, factor: float) -> None:
    """Spread the values, so that feature maps saturate and exits are sure of something."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(factor)


def halve_weight_range(network: nn.Module) -> None:
    """Put the weights on 8-bit grids of which they use half, so that no two products exceed 16 bits."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                step = 2.0 ** (float(parameter.abs().max().log2().ceil()) - 6)
                parameter.copy_((parameter / step).round() * step)
