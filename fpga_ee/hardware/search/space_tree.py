"""Builds the tree of layers and units that the search walks, from a hardware graph."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.space_nodes import Option, SpaceNode
from fpga_ee.hardware.search.target import Target, Unit

SPLIT, DECISION, BUFFER, MERGE = "split", "decision", "buffer", "merge"
"""Names of units. Every stage has its own, except for the merge, which all stages share."""


def unit_name(unit: str, stage: int) -> str:
    """Give the name of a stage's unit in designs, for example ``split.0``."""
    return f"{unit}.{stage}"


def checked_late_rates(graph: HardwareGraph, late_rates: Sequence[float]) -> tuple[float, ...]:
    """Compute the share of all samples that reaches each stage, and check it.

    Raises:
        FpgaEeError: There is not one rate for every exit but the last, a rate is not in 0..1, or more samples
            reach a stage than the stage before it.
    """
    wanted = len(graph.stages) - 1
    if len(late_rates) != wanted:
        raise FpgaEeError(
            f"{graph.name} has {wanted + 1} exits, so it needs {wanted} late rates (the share of all samples "
            f"that goes on after each exit but the last), got {len(late_rates)}"
        )
    reaching = (1.0, *late_rates)
    for before, rate in pairwise(reaching):
        if not 0 <= rate <= before:
            raise FpgaEeError(
                f"late rate {rate:g} is not between 0 and {before:g}, the share of all samples that reaches "
                "the stage before: give shares of all samples, not of those that reach the exit"
            )
    return reaching


def space_tree(
    graph: HardwareGraph, late_rates: Sequence[float], target: Target, buffered: Sequence[int]
) -> SpaceNode:
    """Build the space of all designs of a network with its early-exit units.

    Args:
        graph: The network.
        late_rates: Share of all samples that reaches the second and each later stage.
        target: The hardware that designs are made of.
        buffered: Samples that the conditional buffer after each stage but the last holds.

    Returns:
        The tree of layers and units: splits, decisions, buffers and the merge, if the target has one.

    Raises:
        FpgaEeError: The late rates do not fit the graph, a buffer holds no sample, or the target lacks a
            layer.
    """
    reaching = checked_late_rates(graph, late_rates)
    wanted = len(graph.stages) - 1
    if len(buffered) != wanted:
        raise FpgaEeError(f"{graph.name} needs {wanted} depths of conditional buffers, got {len(buffered)}")
    for depth in buffered:
        if depth < 1:
            raise FpgaEeError(f"a conditional buffer of {depth} samples deadlocks: it must hold at least 1")
    following: tuple[SpaceNode, ...] = ()
    for index in reversed(range(len(graph.stages))):
        stage, of = graph.stages[index], _StageNodes(target, index, reaching[index])
        logits = stage.exit.output
        if stage.decision is None:
            merge = target.merge(logits, len(graph.stages))
            following = of.chain(stage.exit.layers, (of.merge(merge, logits),) if merge else ())
        else:
            decision = of.decision(target.decision(stage.decision, index), logits)
            behind = of.buffer(stage.feature_map, buffered[index], following)
            exit_ = of.chain(stage.exit.layers, (decision,))
            following = (of.split(stage.feature_map, (*exit_, behind)),)
        following = of.chain(stage.backbone.layers, following)
    return replace(following[0], converter=lambda _outside, streams: target.entry(graph.input, streams))


@dataclass(frozen=True)
class _StageNodes:
    """Makes the nodes of one stage.

    Attributes:
        target: The hardware that designs are made of.
        index: The stage.
        rate: Share of all samples that reaches the stage.
    """

    target: Target
    index: int
    rate: float

    def chain(self, layers: Sequence[Layer], following: tuple[SpaceNode, ...]) -> tuple[SpaceNode, ...]:
        """Make the nodes of layers one after another.

        Raises:
            FpgaEeError: A layer joins several feature maps.
        """
        for layer in reversed(layers):
            options = tuple(self._folded(layer, folding) for folding in self.target.feasible(layer))
            if len(layer.inputs) > 1:
                raise FpgaEeError(
                    f"layer {layer.name} joins feature maps: the search knows only chains of layers yet; "
                    "write a design for hw-generate by hand"
                )
            converter = self._converter(layer.inputs[0], layer)
            following = (SpaceNode(layer.name, self.index, options, converter, following),)
        return following

    def split(self, passing: FeatureMap, following: tuple[SpaceNode, ...]) -> SpaceNode:
        """Make the node of the stage's split, with any number of streams."""
        options = tuple(
            self._built(self.target.split(passing, streams), streams)
            for streams in divisors(passing.channels)
        )
        name, converter = unit_name(SPLIT, self.index), self._converter(passing)
        return SpaceNode(name, self.index, options, converter, following)

    def buffer(self, passing: FeatureMap, samples: int, following: tuple[SpaceNode, ...]) -> SpaceNode:
        """Make the node of a conditional buffer of ``samples`` slots, with any number of streams."""
        options = tuple(
            self._built(self.target.buffer(passing, streams, samples), streams)
            for streams in divisors(passing.channels)
        )
        name, converter = unit_name(BUFFER, self.index), self._converter(passing)
        return SpaceNode(name, self.index, options, converter, following)

    def decision(self, unit: Unit, logits: FeatureMap) -> SpaceNode:
        """Make the node of the decision, which takes one logit at a time."""
        option, converter = self._built(unit, 1), self._converter(logits)
        return SpaceNode(unit_name(DECISION, self.index), self.index, (option,), converter)

    def merge(self, unit: Unit, logits: FeatureMap) -> SpaceNode:
        """Make the node of the merge, which takes one logit at a time, of the samples of all stages."""
        period = float(unit.interval)
        option = Option(1, 1, period, unit.resources, unit.interval, latency=unit.latency)
        return SpaceNode(MERGE, self.index, (option,), self._converter(logits), is_shared=True)

    def _folded(self, layer: Layer, folding: Folding) -> Option:
        interval, resources = self.target.interval(layer, folding), self.target.resources(layer, folding)
        streams = folding.streams_in, folding.streams_out
        return Option(*streams, interval * self.rate, resources, interval, folding)

    def _built(self, unit: Unit, streams: int) -> Option:
        """Make the option of a unit that takes as many streams as it gives."""
        period = unit.interval * self.rate
        return Option(streams, streams, period, unit.resources, unit.interval, latency=unit.latency)

    def _converter(self, passing: FeatureMap, reader: Layer | None = None) -> Callable[[int, int], Resources]:
        return lambda given, taken: self.target.converter(passing, given, taken, reader)
