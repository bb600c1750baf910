"""A chosen design, part by part: what each costs, and how fast the whole is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.units import Unit
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.explore import Block, Design
from fpga_ee.hardware.search.target import Library
from fpga_ee.hardware.timing.buffering import Traffic
from fpga_ee.hardware.timing.passages import Passage, evenly, worked_on


@dataclass(frozen=True)
class Part:
    """A layer or an early-exit unit of a design.

    Attributes:
        name: Its name.
        stage: The stage it belongs to; the exit merge belongs to the last.
        layer: The layer; None for a unit.
        streams_in: Words it takes per cycle.
        streams_out: Words it gives per cycle.
        folding: How a layer is folded; None for a unit.
        interval: Cycles between two samples.
        resources: What it uses.
        converter: What joins it to the part before it, or the first to the outside.
        latency: Cycles a unit adds to a sample; 0 for a layer, whose share depends on what is around it.
    """

    name: str
    stage: int
    layer: Layer | None
    streams_in: int
    streams_out: int
    folding: Folding | None
    interval: int
    resources: Resources
    converter: Resources
    latency: int = 0


@dataclass(frozen=True)
class Implementation:
    """A network with a folding for every layer.

    Attributes:
        graph: The network.
        library: What it is made of.
        parts: All its parts by name, in the order that samples pass them.
    """

    graph: HardwareGraph
    library: Library
    parts: dict[str, Part]

    @property
    def resources(self) -> Resources:
        """What it uses in all, converters included."""
        return sum((part.resources + part.converter for part in self.parts.values()), Resources())

    @property
    def foldings(self) -> dict[str, Folding]:
        """How every part is folded, by its name; a unit as streams in and out."""
        return {
            part.name: part.folding or Folding(part.streams_in, part.streams_out)
            for part in self.parts.values()
        }

    def of_stage(self, stage: int) -> list[Part]:
        """Parts of one stage."""
        return [part for part in self.parts.values() if part.stage == stage]

    def stage_resources(self, stage: int) -> Resources:
        """What a stage uses, converters included."""
        return sum((part.resources + part.converter for part in self.of_stage(stage)), Resources())

    def stage_interval(self, stage: int) -> int:
        """Cycles between two samples that a stage can take."""
        return max(part.interval for part in self.of_stage(stage) if part.name != MERGE)

    def rate(self, part: Part, reaching: Sequence[float]) -> float:
        """Part of all samples that a part sees; all of them pass the exit merge."""
        return 1.0 if part.name == MERGE else reaching[part.stage]

    def period(self, reaching: Sequence[float]) -> float:
        """Cycles per sample that the network sustains.

        Args:
            reaching: Part of all samples that reaches each stage; the first is 1.

        Source: a part that takes a sample every ``interval`` cycles and sees a part r of all samples keeps
        up with 1 / (interval * r) samples per cycle; the slowest decides.
        """
        return max(part.interval * self.rate(part, reaching) for part in self.parts.values())

    def latencies(self) -> list[int]:
        """Cycles from a sample's first word to its result, for each exit, in an otherwise empty design."""
        return [result for _, _, result in self._passages()]

    def traffic(self, stage: int, reaching: Sequence[float]) -> Traffic:
        """What the conditional buffer behind a stage sees.

        The stages behind it are as slow as the slowest of them, each weighed by the part of the samples that
        come there; and samples come as fast as the slowest of the stages before lets them.
        """
        arrived, decided, _ = list(self._passages())[stage]
        return Traffic(
            interval=self.stage_interval(stage),
            decision_latency=decided - arrived,
            late_interval=self._slowest(range(stage + 1, len(reaching)), reaching, reaching[stage + 1]),
            arrival=self._slowest(range(stage), reaching, reaching[stage]),
        )

    def _slowest(self, stages: range, reaching: Sequence[float], rate: float) -> int:
        """Cycles that the slowest of some stages needs for every sample of a part of all samples."""
        return ceil(
            max(
                (self.stage_interval(one) * (reaching[one] / rate if rate else 1) for one in stages),
                default=0,
            )
        )

    def _passages(self) -> Iterator[tuple[int, int, int]]:
        """For every stage when a sample has come to its split, is decided, and has left as a result.

        At the last exit nothing is split or decided.
        """
        first = self.parts[self.graph.stages[0].backbone.layers[0].name]
        image = self.graph.input
        entering: Sequence[Passage] = evenly(0, image.words // first.streams_in, image.rows)
        merge = self.parts[MERGE].latency if MERGE in self.parts else 0
        for index, stage in enumerate(self.graph.stages):
            if stage.decision is None:
                logits = self._through(stage.exit, self._through(stage.backbone, entering))[-1].last
                yield logits, logits, logits + merge
                return
            buffer = self.parts[f"buffer.{index}"]
            # The exit gets a word when the buffer does.
            slowest = max(self.parts[f"split.{index}"].interval, buffer.interval)
            feature_map = worked_on(self._through(stage.backbone, entering), slowest, 1)
            logits = self._through(stage.exit, feature_map)[-1].last
            decided = logits + self.parts[f"decision.{index}"].latency
            # The logits have waited as the feature map has, and leave one by one.
            leaving = buffer.latency + stage.decision.input.words - 1
            yield feature_map[-1].last, decided, decided + leaving + merge
            begins = decided + buffer.latency
            entering = evenly(begins, begins + buffer.interval, stage.feature_map.rows)

    def _through(self, layers: LayerGraph, entering: Sequence[Passage]) -> Sequence[Passage]:
        def step(layer: Layer, operands: Sequence[Sequence[Passage]]) -> Sequence[Passage]:
            folding = self.parts[layer.name].folding
            return self.library.passage(layer, folding, operands) if folding else operands[0]

        return layers.leaving(entering, step)


MERGE = "merge"


def implement(graph: HardwareGraph, library: Library, root: Block, design: Design) -> Implementation:
    """Put the options that a search chose back into the network."""
    stages = {name: index for index in range(len(graph.stages)) for name in _names(graph, index)}
    layers = {layer.name: layer for layer in graph.layers}
    parts: dict[str, Part] = {}

    def visit(block: Block, streams: int) -> None:
        option = design.options[block.name]
        unit, folding = (option.choice, None) if isinstance(option.choice, Unit) else (None, option.choice)
        layer = layers.get(block.name)
        parts[block.name] = Part(
            name=block.name,
            stage=stages[block.name],
            layer=layer,
            streams_in=option.streams_in,
            streams_out=option.streams_out,
            folding=folding,
            interval=unit.interval if unit else library.interval(layers[block.name], option.choice),
            resources=option.resources,
            converter=block.converter(streams, option.streams_in),
            latency=unit.latency if unit else 0,
        )
        for child in block.children:
            visit(child, option.streams_out)

    visit(root, 1)
    return Implementation(graph, library, parts)


def _names(graph: HardwareGraph, index: int) -> list[str]:
    stage = graph.stages[index]
    units = [f"{unit}.{index}" for unit in ("split", "decision", "buffer")] if stage.decision else [MERGE]
    return [layer.name for layer in stage.layers] + units
