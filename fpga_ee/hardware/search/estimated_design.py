"""A design with its estimate: the cost of each component, and the speed of the whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.space_graph import BUFFER, DECISION, ENTRY, SPLIT, unit_name
from fpga_ee.hardware.search.space_nodes import Option, SpaceNode, SpaceNodes, joined
from fpga_ee.hardware.search.target import Target
from fpga_ee.hardware.timing.buffering import Traffic
from fpga_ee.hardware.timing.passages import Passage, evenly, worked_on


@dataclass(frozen=True)
class ShortcutQueue:
    """The queue before a join, in which the words of the shorter way wait.

    Attributes:
        words: Words that wait.
        resources: Resources of the queue.
    """

    words: int
    resources: Resources


@dataclass(frozen=True)
class Component:
    """A layer or an early-exit unit of a design.

    Attributes:
        name: Its name.
        stage: The stage that it belongs to; the exit merge belongs to the last.
        is_shared: True where the results of all stages pass the component, as they pass the exit merge.
        layer: The layer; None for a unit.
        streams_in: Words that it takes per cycle.
        streams_out: Words that it gives per cycle.
        folding: The folding of a layer; None for a unit.
        interval: Cycles between two samples.
        resources: Its resources.
        converter: Resources that join it to the component before it, or the first component to the outside.
        latency: Cycles that a unit adds to a sample; 0 for a layer, whose latency depends on its neighbours.
        queues: The queues before it where it joins ways of different lengths; ``converter`` counts them too.
    """

    name: str
    stage: int
    is_shared: bool
    layer: Layer | None
    streams_in: int
    streams_out: int
    folding: Folding | None
    interval: int
    resources: Resources
    converter: Resources
    latency: int = 0
    queues: tuple[ShortcutQueue, ...] = ()


@dataclass(frozen=True)
class EstimatedDesign:
    """A network with a folding for every layer, and its cost.

    Attributes:
        graph: The network.
        target: The hardware that it is made of.
        components: All its components by name, in the order that samples pass them.
    """

    graph: HardwareGraph
    target: Target
    components: dict[str, Component]

    @property
    def resources(self) -> Resources:
        """Resources of the whole design, converters included."""
        return _total(self.components.values())

    @property
    def foldings(self) -> dict[str, Folding]:
        """The folding of every component, by its name. A unit's folding is its streams in and out."""
        return {
            component.name: component.folding or Folding(component.streams_in, component.streams_out)
            for component in self.components.values()
        }

    def of_stage(self, stage: int) -> list[Component]:
        """List the components of one stage."""
        return [component for component in self.components.values() if component.stage == stage]

    def stage_resources(self, stage: int) -> Resources:
        """Sum the resources of a stage, converters included."""
        return _total(self.of_stage(stage))

    def stage_interval(self, stage: int) -> int:
        """Cycles between two samples that a stage can take."""
        return max(component.interval for component in self.of_stage(stage) if not component.is_shared)

    def rate(self, component: Component, reaching: Sequence[float]) -> float:
        """Share of all samples that a component sees."""
        return 1.0 if component.is_shared else reaching[component.stage]

    def period(self, reaching: Sequence[float]) -> float:
        """Compute the cycles per sample that the network sustains.

        Args:
            reaching: Share of all samples that reaches each stage; the first is 1.

        Source: a component that takes a sample every ``interval`` cycles and sees a share r of all samples
        keeps up with 1 / (interval * r) samples per cycle. The slowest component decides.
        """
        return max(
            component.interval * self.rate(component, reaching) for component in self.components.values()
        )

    def latencies(self) -> list[int]:
        """Compute the cycles from a sample's first word to its result, for each exit, in an empty design."""
        return [result for _, _, result in self._passages()]

    def traffic(self, stage: int, reaching: Sequence[float]) -> Traffic:
        """Describe the traffic of the conditional buffer after a stage.

        The stages after it are as slow as the slowest of them; the interval of each is weighted by the share
        of samples that reach it. Samples come as fast as the slowest of the stages before lets them.
        """
        arrived, decided, _ = list(self._passages())[stage]
        return Traffic(
            interval=self.stage_interval(stage),
            decision_latency=decided - arrived,
            late_interval=self._slowest(range(stage + 1, len(reaching)), reaching, reaching[stage + 1]),
            arrival=self._slowest(range(stage), reaching, reaching[stage]),
        )

    def _slowest(self, stages: range, reaching: Sequence[float], rate: float) -> int:
        """Count the cycles of the slowest stage per sample, for samples that are a share ``rate`` of all."""
        return ceil(
            max(
                (self.stage_interval(one) * (reaching[one] / rate if rate else 1) for one in stages),
                default=0,
            )
        )

    def _passages(self) -> Iterator[tuple[int, int, int]]:
        """Give, for every stage, the cycles when a sample is at its split, is decided, and has left.

        The last exit has no split and no decision, so all three are the end of its result there.
        """
        first = self.components[self.graph.stages[0].backbone.layers[0].name]
        image = self.graph.input
        entering: Sequence[Passage] = evenly(0, image.words // first.streams_in, image.rows)
        merge = sum(component.latency for component in self.components.values() if component.is_shared)
        for index, stage in enumerate(self.graph.stages):
            if stage.decision is None:
                logits = self._through(stage.exit, self._through(stage.backbone, entering))[-1].last
                yield logits, logits, logits + merge
                return
            split, decision, buffer = (
                self.components[unit_name(unit, index)] for unit in (SPLIT, DECISION, BUFFER)
            )
            # The exit and the buffer get a word at the same time.
            slowest = max(split.interval, buffer.interval)
            feature_map = worked_on(self._through(stage.backbone, entering), slowest, 1)
            logits = self._through(stage.exit, feature_map)[-1].last
            decided = logits + decision.latency
            # The logits wait as the feature map does, and leave one by one.
            leaving = buffer.latency + stage.decision.input.words - 1
            yield feature_map[-1].last, decided, decided + leaving + merge
            begins = decided + buffer.latency
            entering = evenly(begins, begins + buffer.interval, stage.feature_map.rows)

    def _through(self, layers: LayerGraph, entering: Sequence[Passage]) -> Sequence[Passage]:
        def step(layer: Layer, operands: Sequence[Sequence[Passage]]) -> Sequence[Passage]:
            folding = self.components[layer.name].folding
            return self.target.passage(layer, folding, operands) if folding else operands[0]

        return layers.leaving(entering, step)


def estimated(
    graph: HardwareGraph, target: Target, nodes: SpaceNodes, options: Mapping[str, Option]
) -> EstimatedDesign:
    """Apply the options of a design to the network.

    Args:
        graph: The network.
        target: The hardware that the design is made of.
        nodes: The design space.
        options: The option of every node, by name.
    """
    layers = {layer.name: layer for layer in graph.layers}
    components: dict[str, Component] = {}
    # The entry is counted with the first layer.
    entry = options[ENTRY].resources
    for node in nodes:
        if node.name == ENTRY:
            continue
        option = options[node.name]
        between = sum((joined(edge, options, node) for edge in node.edges), Resources())
        components[node.name] = Component(
            name=node.name,
            stage=node.stage,
            is_shared=node.is_shared,
            layer=layers.get(node.name),
            streams_in=option.streams_in,
            streams_out=option.streams_out,
            folding=option.folding,
            interval=option.interval,
            resources=option.resources,
            converter=between if components else between + entry,
            latency=option.latency,
            queues=tuple(_queues(target, node, layers.get(node.name), options)),
        )
    return EstimatedDesign(graph, target, components)


def _queues(
    target: Target, node: SpaceNode, layer: Layer | None, options: Mapping[str, Option]
) -> Iterator[ShortcutQueue]:
    if layer is not None:
        for edge, passing in zip(node.edges, layer.inputs, strict=True):
            if edge.waiting:
                streams = options[edge.source].streams_out
                yield ShortcutQueue(edge.waiting, target.queue(passing, streams, edge.waiting))


def _total(components: Iterable[Component]) -> Resources:
    return sum((component.resources + component.converter for component in components), Resources())
