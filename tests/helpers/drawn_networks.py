"""Random early-exit networks, drawn by hypothesis, with images, widths and rules to deploy them with.

A drawn network is made of real layers, so a failing example prints as the modules it is made of. A layer
kind is a function that adds layers to a chain: ``EVERY_KIND`` has all that fixed point knows, and
``HARDWARE_KINDS`` those that the hardware library knows too.
"""

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import Quantized, quantize
from helpers.drawn_joins import linear_residual, nested_residual, plain_residual, residual
from helpers.drawn_layers import (
    Chain,
    Draw,
    Kinds,
    average_pool,
    batch_norm,
    conv,
    conv_clip,
    conv_norm_activation,
    conv_pool_ac,
    conv_relu,
    dilated_conv,
    dropout,
    flat_linear,
    global_average,
    global_maximum,
    grouped_conv,
    linear,
    linear_clip,
    linear_relu,
    padded_conv,
    pool,
)
from helpers.drawn_refusals import unknown, used_twice
from helpers.filter_grids import with_grids_of_filters
from helpers.thresholds import TOLD

IMAGES = 16


@dataclass(frozen=True)
class Drawn:
    """A network with images, widths and rules to deploy it with."""

    network: EarlyExitNetwork
    images: NDArray[np.float32]
    widths: Widths
    rules: tuple[ExitRule, ...]
    grids: int | None
    """Seed of a grid for each filter; None where all filters of a layer share one."""

    def quantized(self) -> Quantized:
        """Quantize the network with its images and widths.

        Raises:
            FpgaEeError: Sums could be too large.
        """
        quantized = quantize(self.network.eval(), torch.from_numpy(self.images), self.widths)
        if self.grids is None:
            return quantized
        return with_grids_of_filters(self.network, quantized, self.grids)


@st.composite
def deployments(draw: Draw, *, exits: int, kinds: "Kinds | None" = None) -> Drawn:
    """Layers are of ``kinds``, of every kind where it is None."""
    seed = draw(st.integers(0, 2**16))
    torch.manual_seed(seed)
    network = draw(networks(exits=exits, kinds=kinds or EVERY_KIND))
    widths = Widths(weight_bits=draw(st.integers(2, 8)), activation_bits=draw(st.integers(2, 8)))
    scale_weights(network, draw(st.sampled_from([1.0, 3.0, 0.25])))
    pixels = np.random.default_rng(seed).integers(0, 256, (IMAGES, *network.input_shape), dtype=np.uint8)
    pixels[0], pixels[1] = 0, 255
    images = pixels.astype(np.float32) / np.float32(256)
    spread_logits(network, images, draw(st.sampled_from([1.0, 4.0, 16.0])))
    grids = draw(st.sampled_from([None, seed]))
    return Drawn(network, images, widths, draw(exit_rules(network, images)), grids)


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


HARDWARE_KINDS = Kinds(
    first=(conv, conv_relu, conv_pool_ac, conv_clip, padded_conv, grouped_conv, dilated_conv, average_pool),
    of_feature_maps=(
        conv,
        conv_relu,
        conv_pool_ac,
        conv_clip,
        padded_conv,
        grouped_conv,
        dilated_conv,
        pool,
        global_maximum,
        average_pool,
        global_average,
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
    first=(*HARDWARE_KINDS.first, conv_norm_activation, residual),
    of_feature_maps=(
        *HARDWARE_KINDS.of_feature_maps,
        conv_norm_activation,
        batch_norm,
        residual,
    ),
    of_vectors=(*HARDWARE_KINDS.of_vectors, batch_norm, linear_residual),
)


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


EVERY_KIND_AND_UNKNOWN_ONES = Kinds(
    first=EVERY_KIND.first,
    of_feature_maps=(*EVERY_KIND.of_feature_maps, unknown, unknown, used_twice),
    of_vectors=(*EVERY_KIND.of_vectors, unknown, used_twice),
)
