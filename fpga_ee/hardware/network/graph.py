"""The hardware graph: everything the hardware half knows of a network. Readers make it from files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain as joined
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.identifiers import identifiers
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.layers.layer import Layer

MOST_LAYERS = 2_000
"""Most layers of a network, requantisations included; the deepest published networks have half of them."""

_UNIT = re.compile(r"entry|merge|(stage|split|buffer|decision)\.\d+")
"""Matches the names of early-exit units in designs and tables. No layer may have a name that matches."""


@dataclass(frozen=True)
class Table:
    """A table of the exit decision.

    Attributes:
        entries: Number of entries.
        bits: Bits of the largest one.
    """

    entries: int
    bits: int

    @staticmethod
    def of(entries: NDArray[np.integer[Any]]) -> "Table":
        """Describe the table with these entries."""
        return Table(len(entries), int(np.abs(entries).max()).bit_length())


@dataclass(frozen=True)
class Decision:
    """The exit decision: it uses integers only, on one vector of logits.

    Attributes:
        name: Its name, for example ``decision.0``.
        input: The logits.
        criterion: Name of the exit rule's criterion.
        tables: The tables of the rule: exp(-d) for top-1; exp(-d), exp(-d) d and the bounds for entropy.
    """

    name: str
    input: FeatureMap
    criterion: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Stage:
    """A backbone part with its exit.

    Attributes:
        backbone: Layers up to the stage's feature map.
        exit: Layers from the feature map to the logits.
        decision: Decides whether a sample leaves here; None for the last stage, which all samples leave.
    """

    backbone: LayerGraph
    exit: LayerGraph
    decision: Decision | None

    @property
    def feature_map(self) -> FeatureMap:
        """The feature map that the backbone part hands to the exit and to the next stage."""
        return self.backbone.output

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers: first those of the backbone part, then those of the exit."""
        return (*self.backbone.layers, *self.exit.layers)


@dataclass(frozen=True)
class HardwareGraph:
    """A whole network: stages in order, a decision in all but the last.

    Attributes:
        name: The network's name.
        stages: Its stages.
        notes: Assumptions that the reader made because the file does not tell; estimates show them.
    """

    name: str
    stages: tuple[Stage, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that names tell layers apart.

        Raises:
            FpgaEeError: Two layers have the same name, a layer has the name of a unit, or there are too many.
        """
        names = [layer.name for layer in self.layers]
        if len(names) > MOST_LAYERS:
            raise FpgaEeError(f"{self.name} has {len(names):,} layers: {MOST_LAYERS:,} are the most")
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise FpgaEeError(f"{self.name} has two layers of the name {name:.60}: give each its own")
            if _UNIT.fullmatch(name):
                raise FpgaEeError(f"{self.name} has a layer of the name {name}, which a unit has: rename it")
            seen.add(name)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, stage by stage."""
        return tuple(joined.from_iterable(stage.layers for stage in self.stages))

    @property
    def identifiers(self) -> Mapping[str, str]:
        """The identifier of every layer in generated hardware and in file names, by the layer's name."""
        return identifiers([layer.name for layer in self.layers])

    @property
    def input(self) -> FeatureMap:
        """The image."""
        return self.stages[0].backbone.input

    @property
    def logits(self) -> FeatureMap:
        """The logits of the last exit; all exits have logits of one shape and format."""
        return self.stages[-1].exit.output


def without_exits(graph: HardwareGraph) -> HardwareGraph:
    """Keep the backbone and its last exit only: the baseline for early exits."""
    backbone = graph.stages[0].backbone
    for stage in graph.stages[1:]:
        backbone = backbone.then(stage.backbone)
    return HardwareGraph(f"{graph.name} without exits", (Stage(backbone, graph.stages[-1].exit, None),))


def with_widths(graph: HardwareGraph, data: int, accumulator: int) -> HardwareGraph:
    """Change the widths of a network, so that published designs are estimated at their published widths.

    Args:
        graph: The network.
        data: Bits of activations, weights, biases and logits.
        accumulator: Bits of the sums, up to the requantisation that follows them.

    Returns:
        The network without weights, because they were not rounded to the new width.
    """

    def widened(layers: LayerGraph) -> LayerGraph:
        return layers.changed(None, lambda layer, _: (layer.widened(data, accumulator), None))

    return HardwareGraph(
        graph.name,
        tuple(
            Stage(
                widened(stage.backbone),
                widened(stage.exit),
                stage.decision and replace(stage.decision, input=stage.decision.input.with_bits(data)),
            )
            for stage in graph.stages
        ),
    )


def fitted(graph: HardwareGraph) -> HardwareGraph:
    """Give sums the width that hardware gives them, and remove layers that need no hardware.

    The first layer stays where no layer of a backbone part or an exit needs hardware.
    """
    stages: list[Stage] = []
    entering = graph.input.format
    for stage in graph.stages:
        backbone = _fitted(stage.backbone, entering)
        entering = backbone.output.format
        stages.append(replace(stage, backbone=backbone, exit=_fitted(stage.exit, entering)))
    return replace(graph, stages=tuple(stages))


def _fitted(layers: LayerGraph, entering: FixedPoint) -> LayerGraph:
    def change(layer: Layer, formats: Sequence[FixedPoint]) -> tuple[Layer, FixedPoint]:
        given = layer.fitted(formats)
        return given, given.output.format

    return layers.changed(entering, change).without(lambda layer: layer.passes)
