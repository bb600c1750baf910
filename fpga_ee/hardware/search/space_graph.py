"""From a hardware graph to the design space: its layers and units with the options to build each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.shortcuts import waiting_words
from fpga_ee.hardware.sample_ids import check_depth
from fpga_ee.hardware.search.space_nodes import Edge, Option, SpaceNode, SpaceNodes
from fpga_ee.hardware.search.target import Target, Unit

SPLIT, DECISION, BUFFER, MERGE = "split", "decision", "buffer", "merge"
"""Names of units. Every stage has its own, except for the merge, which all stages share."""

ENTRY = "entry"
"""Name of the node where images enter."""


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


def space_graph(
    graph: HardwareGraph, late_rates: Sequence[float], target: Target, buffered: Sequence[int]
) -> SpaceNodes:
    """Build the space of all designs of a network with its early-exit units.

    Args:
        graph: The network.
        late_rates: Share of all samples that reaches the second and each later stage.
        target: The hardware that designs are made of.
        buffered: Samples that the conditional buffer after each stage but the last holds.

    Returns:
        The entry, all layers, and the units: splits, decisions, buffers and the merge, if the target has one.
        They stand in the order in which samples pass them.

    Raises:
        FpgaEeError: The late rates do not fit the graph, a buffer holds no sample, or the target lacks a
            layer.
    """
    reaching = checked_late_rates(graph, late_rates)
    wanted = len(graph.stages) - 1
    if len(buffered) != wanted:
        raise FpgaEeError(f"{graph.name} needs {wanted} depths of conditional buffers, got {len(buffered)}")
    for depth in buffered:
        check_depth(depth)
    nodes = [_forked(_entry(graph, target), target, graph.stages[0].backbone)]
    for index, stage in enumerate(graph.stages):
        of, before = _StageNodes(target, index, reaching[index]), nodes[-1].name
        nodes += of.layers(stage.backbone, before)
        feature_map = stage.backbone.layers[-1].name
        if stage.decision is None:
            nodes[-1] = _forked(nodes[-1], target, stage.exit)
            nodes += of.layers(stage.exit, feature_map)
            if merge := target.merge(stage.exit.output, len(graph.stages)):
                nodes.append(of.merge(merge, stage.exit))
            break
        nodes.append(_forked(of.split(stage.feature_map, feature_map), target, stage.exit))
        split = nodes[-1].name
        nodes += of.layers(stage.exit, split)
        nodes.append(of.decision(target.decision(stage.decision, index), stage.exit))
        buffer = of.buffer(stage.feature_map, buffered[index], split)
        nodes.append(_forked(buffer, target, graph.stages[index + 1].backbone))
    return tuple(nodes)


def _entry(graph: HardwareGraph, target: Target) -> SpaceNode:
    """Make the node where images enter, as wide as the first layer takes them."""
    image = graph.input
    options = tuple(
        Option(streams, streams, 0.0, target.entry(image, streams), 0) for streams in divisors(image.channels)
    )
    return SpaceNode(ENTRY, 0, options, ())


def _fork(target: Target, layers: LayerGraph, streams: int, layer: str | None = None) -> Resources:
    """Count the fork behind a layer, or behind the input of a graph."""
    readers = layers.readers.get(layer, ())
    passing = layers.input if layer is None else layers.by_name[layer].output
    return target.fork(passing, streams, len(readers)) if len(readers) > 1 else Resources()


def _forked(node: SpaceNode, target: Target, behind: LayerGraph) -> SpaceNode:
    """Add the fork behind a node whose output enters a graph."""
    options = tuple(
        replace(option, resources=option.resources + _fork(target, behind, option.streams_out))
        for option in node.options
    )
    return replace(node, options=options)


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

    def layers(self, layers: LayerGraph, before: str) -> Iterator[SpaceNode]:
        """Make the nodes of layers; ``before`` names the node that their input comes from."""
        joins = any(len(layer.inputs) > 1 for layer in layers)
        waiting = waiting_words(layers) if joins else {}
        for position, node in enumerate(layers.nodes):
            layer = node.layer
            options = tuple(
                self._folded(layer, folding, _fork(self.target, layers, folding.streams_out, layer.name))
                for folding in self.target.feasible(layer)
            )
            edges = tuple(
                self._edge(source or before, passing, layer, waiting.get((layer.name, number), 0))
                for number, (source, passing) in enumerate(zip(node.sources, layer.inputs, strict=True))
            )
            if before == ENTRY and position == 0:
                # Images enter as wide as the first layer takes them.
                edges = (Edge(ENTRY, _alike), *edges[1:])
            yield SpaceNode(layer.name, self.index, options, edges)

    def split(self, passing: FeatureMap, source: str) -> SpaceNode:
        """Make the node of the stage's split, with any number of streams."""
        options = tuple(
            self._built(self.target.split(passing, streams), streams)
            for streams in divisors(passing.channels)
        )
        edges = (self._edge(source, passing),)
        return SpaceNode(unit_name(SPLIT, self.index), self.index, options, edges)

    def buffer(self, passing: FeatureMap, samples: int, split: str) -> SpaceNode:
        """Make the node of the conditional buffer for a number of samples, with any number of streams."""
        options = tuple(
            self._built(self.target.buffer(passing, streams, samples), streams)
            for streams in divisors(passing.channels)
        )
        edges = (self._edge(split, passing),)
        return SpaceNode(unit_name(BUFFER, self.index), self.index, options, edges)

    def decision(self, unit: Unit, exit_: LayerGraph) -> SpaceNode:
        """Make the node of the decision. It takes one logit at a time."""
        edges = (self._edge(exit_.layers[-1].name, exit_.output),)
        return SpaceNode(unit_name(DECISION, self.index), self.index, (self._built(unit, 1),), edges)

    def merge(self, unit: Unit, exit_: LayerGraph) -> SpaceNode:
        """Make the node of the merge. It takes one logit at a time, for every sample of all stages."""
        period = float(unit.interval)
        option = Option(1, 1, period, unit.resources, unit.interval, latency=unit.latency)
        edges = (self._edge(exit_.layers[-1].name, exit_.output),)
        return SpaceNode(MERGE, self.index, (option,), edges, is_shared=True)

    def _folded(self, layer: Layer, folding: Folding, fork: Resources) -> Option:
        interval, resources = self.target.interval(layer, folding), self.target.resources(layer, folding)
        streams = folding.streams_in, folding.streams_out
        return Option(*streams, interval * self.rate, resources + fork, interval, folding)

    def _built(self, unit: Unit, streams: int) -> Option:
        """Make the option of a unit that takes as many streams as it gives."""
        period = unit.interval * self.rate
        return Option(streams, streams, period, unit.resources, unit.interval, latency=unit.latency)

    def _edge(self, source: str, passing: FeatureMap, reader: Layer | None = None, waiting: int = 0) -> Edge:
        def joined(given: int, taken: int) -> Resources:
            queue = self.target.queue(passing, given, waiting) if waiting else Resources()
            return queue + self.target.converter(passing, given, taken, reader)

        return Edge(source, joined, waiting)


def _alike(given: int, taken: int) -> Resources | None:
    """Join as many streams to as many, and no others."""
    return Resources() if given == taken else None
