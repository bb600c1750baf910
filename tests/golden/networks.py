"""The networks of the golden record: no image, observer or optimiser decides a bit of them.

A named network has the weights that the package ships, rounded to committed formats. A drawn one is made from
a seed by numpy, whose streams are the same everywhere. Formats, rules and foldings of both are committed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fpga_ee.artifacts.formats import NetworkFormats
from fpga_ee.artifacts.manifest import Measurement
from fpga_ee.artifacts.rules.criteria import criterion_named
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.export import export
from fpga_ee.files.schemas import check_record
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import apply_formats
from fpga_ee.training.weights import load_weights

INTEGERS = Path(__file__).parent / "integers"
MODELS = Path(__file__).parents[2] / "models"

NAMED = (
    "B_Lenet",
    "B_Lenet_fcn",
    "B_Lenet_se",
    "B_Lenet_cifar",
    "B_Alexnet_cifar",
    "TW_SmallCNN",
    "C_Alexnet_SVHN",
)
DRAWN = tuple(f"drawn_{seed}" for seed in range(40))

OF_ANY_KIND = 10
"""The first of the drawn networks have layers that the hardware library does not build."""


@dataclass(frozen=True)
class Integers:
    """The committed data of a network.

    Attributes:
        formats: Of all its tensors.
        rules: Of every exit but the last.
        plan: How its accelerator is folded; None where it has none.
    """

    formats: NetworkFormats
    rules: tuple[ExitRule, ...]
    plan: dict[str, Any] | None


def integers(name: str) -> Integers:
    """Read the committed data of a network."""
    path = INTEGERS / f"{name}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    rules = tuple(
        ExitRule(criterion_named(rule["criterion"]), rule["threshold"]) for rule in content["rules"]
    )
    formats = check_record(NetworkFormats, content["formats"], path, "committed formats", "record them again")
    return Integers(formats, rules, content["plan"])


def export_network(name: str, folder: Path) -> None:
    """Write the files of a network as ``fpga-ee export`` does."""
    of, network = integers(name), float_network(name)
    stages = len(network.exits)
    # A third of the samples that reach an exit leave there.
    reaching = [(2 / 3) ** stage for stage in range(stages)] + [0.0]
    rates = tuple(before - after for before, after in pairwise(reaching))
    export(
        apply_formats(network, of.formats).network,
        integer_decisions(of.rules, of.formats.logits),
        of.formats,
        folder,
        float_network=network,
        name=name,
        source=name,
        measured=Measurement("made up", 3 ** (stages - 1), rates, (1.0,) * stages, 1.0),
    )


def float_network(name: str) -> EarlyExitNetwork:
    """The network with its weights, which are on a grid where they are not shipped."""
    if name.startswith("drawn_"):
        return drawn(int(name.removeprefix("drawn_")))
    network = make_network(name)
    weights = MODELS / name / "weights.safetensors"
    if weights.exists():
        load_weights(network, weights)
    else:
        _fill(network, np.random.default_rng(0))
    return network.eval()


def drawn(seed: int) -> EarlyExitNetwork:
    """A small network of random layers."""
    rng = np.random.default_rng(seed)
    kinds = ANY_KIND if seed < OF_ANY_KIND else HARDWARE
    shape = (_pick(rng, 1, 3), _pick(rng, 5, 10), _pick(rng, 5, 10))
    exits, classes = 1 + seed % 3, _pick(rng, 2, 10)
    backbone, heads = [], []
    first = shape
    for _ in range(exits):
        layers, shape = _chain(rng, shape, kinds)
        head, of_head = _chain(rng, shape, kinds) if rng.random() < 0.5 else ([], shape)
        backbone.append(nn.Sequential(*layers))
        heads.append(nn.Sequential(*head, nn.Flatten(), nn.Linear(int(np.prod(of_head)), classes)))
    network = EarlyExitNetwork(
        backbone=backbone, exits=heads, exit_loss_weights=[1.0] * exits, input_shape=first
    ).eval()
    _fill(network, rng)
    return network


Shape = tuple[int, int, int]
Layers = tuple[list[nn.Module], Shape]
Kind = Callable[[np.random.Generator, Shape], list[nn.Module]]


def _chain(rng: np.random.Generator, shape: Shape, kinds: tuple[Kind, ...]) -> Layers:
    """A convolution, and up to two layers behind it."""
    layers = _convolution(rng, shape)
    shape = _behind(layers, shape)
    for _ in range(_pick(rng, 0, 2)):
        added = kinds[_pick(rng, 0, len(kinds) - 1)](rng, shape)
        layers += added
        shape = _behind(added, shape)
    return layers, shape


def _convolution(rng: np.random.Generator, shape: Shape) -> list[nn.Module]:
    rows, cols = (_pick(rng, 1, min(3, side)) for side in shape[1:])
    bias, stride = bool(rng.random() < 0.7), _pick(rng, 1, 2) if min(shape[1:]) > 5 else 1
    convolution = nn.Conv2d(shape[0], _pick(rng, 1, 6), (rows, cols), stride, _pick(rng, 0, 1), bias=bias)
    return [convolution, *([nn.ReLU()] if rng.random() < 0.7 else [])]


def _pooling(rng: np.random.Generator, shape: Shape) -> list[nn.Module]:
    return [nn.MaxPool2d(_pick(rng, 1, min(2, *shape[1:])), _pick(rng, 1, 2))]


def _grouped(rng: np.random.Generator, shape: Shape) -> list[nn.Module]:
    kernel = _pick(rng, 1, min(3, *shape[1:]))
    return [nn.Conv2d(shape[0], shape[0], kernel, padding=kernel // 2, groups=shape[0])]


def _average(rng: np.random.Generator, shape: Shape) -> list[nn.Module]:
    return [nn.AvgPool2d(_pick(rng, 1, min(3, *shape[1:])))]


def _residual(_: np.random.Generator, shape: Shape) -> list[nn.Module]:
    return [Residual(nn.Conv2d(shape[0], shape[0], 3, padding=1)), nn.ReLU()]


class Residual(nn.Module):
    """Adds the output of a layer to its input."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, words: Tensor) -> Tensor:
        return self.layer(words) + words  # type: ignore[no-any-return]


HARDWARE: tuple[Kind, ...] = (_convolution, _pooling)
ANY_KIND: tuple[Kind, ...] = (_convolution, _pooling, _grouped, _average, _residual)


def _behind(layers: list[nn.Module], shape: Shape) -> Shape:
    with torch.inference_mode():
        channels, rows, cols = nn.Sequential(*layers)(torch.zeros(1, *shape)).shape[1:]
    return channels, rows, cols


def _fill(network: nn.Module, rng: np.random.Generator) -> None:
    """Give every parameter integers on a grid that keeps sums in their range."""
    with torch.no_grad():
        for parameter in network.parameters():
            inputs = max(1, parameter[0].numel())
            grid = 2.0 ** -(6 + int(np.log2(inputs) / 2))
            values = rng.integers(-63, 64, tuple(parameter.shape)).astype(np.float32) * np.float32(grid)
            parameter.copy_(torch.from_numpy(values))


def _pick(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high + 1))
