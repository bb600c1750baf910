"""Draws the block diagram of an accelerator from a hardware graph and its design."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.hardware.design.copies import add_copies, entry_lanes, waiting_sample
from fpga_ee.hardware.design.folded_design import Design, check
from fpga_ee.hardware.diagram.diagram import Diagram, Role
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.exits.buffer import waiting_feature_maps
from fpga_ee.hardware.network.exits.exit_decision import judged
from fpga_ee.hardware.network.exits.merge import merged
from fpga_ee.hardware.network.exits.split import parted
from fpga_ee.hardware.network.exits.waiting_ids import ids_apart, with_ids
from fpga_ee.hardware.network.graph import HardwareGraph, Stage, fitted
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.shortcuts import buffered, waiting_words


@dataclass(frozen=True)
class Folded:
    """A network's layers with their foldings and their identifiers in hardware, ready to be drawn.

    Attributes:
        design: The foldings.
        identifiers: The identifiers, by the names of the layers.
    """

    design: Design
    identifiers: Mapping[str, str]

    def drawn(self, drawing: Drawing, layers: LayerGraph, entering: Stream) -> Stream:
        """Draw the layers of a graph.

        Args:
            drawing: The drawing that takes the blocks.
            layers: The layers.
            entering: The stream that enters the graph.

        Returns:
            The stream that leaves the graph.

        Raises:
            FpgaEeError: A layer has no integer weights.
        """
        waiting, inputs = waiting_words(layers), dict[tuple[str, int], Stream]()

        def hand_on(stream: Stream, source: str | None) -> None:
            readers = layers.readers[source]
            names = [f"{self.identifiers[name]}_in_{number}" for name, number in readers]
            for reader, forked in zip(readers, drawing.forked(stream, names), strict=True):
                inputs[reader] = buffered(drawing, forked, waiting.get(reader, 0))

        current = entering
        hand_on(entering, None)
        for layer in layers:
            streams = [inputs[layer.name, number] for number in range(len(layer.inputs))]
            folding = self.design.folding(layer, streams[0].lanes)
            fed = [layer.fed(drawing, stream, folding.streams_in) for stream in streams]
            current = layer.drawn(drawing, self.identifiers[layer.name], folding, fed)
            if layer.name in layers.readers:
                hand_on(current, layer.name)
        return current


def accelerator(graph: HardwareGraph, design: Design, rules: Sequence[IntegerRule]) -> Diagram:
    """Connect the modules of the library into a network.

    Args:
        graph: The network, with integer weights.
        design: The foldings, copies and buffers.
        rules: The integer rule of every exit but the last.

    Raises:
        FpgaEeError: The library cannot build the network or the folding.
    """
    check(graph, design)
    folded = Folded(design, graph.identifiers)
    graph = fitted(graph)
    drawing = Drawing()
    lanes, image = entry_lanes(graph, design), graph.input
    beats = image.words // lanes
    entering = Stream("image", lanes, image.format.bits, image.format.signed, beats, 0, has_id=True)
    current, results = entering, []
    for index, stage in enumerate(graph.stages):
        copies = design.copies_of(index)
        once = Drawing()
        once.open(index, Role.BACKBONE)
        bare = ids_apart(once, current)
        words = folded.drawn(once, stage.backbone, bare if copies == 1 else waiting_sample(once, bare))
        if stage.decision is None:
            leaving = [_last_exit(once, folded, stage, words)]
        else:
            leaving = [*_early_exit(once, folded, stage, rules[index], words)]
        result, *late = add_copies(drawing, once, copies, current, leaving)
        results.append(result)
        current = late[0] if late else current
    drawing.open(len(graph.stages) - 1, Role.MERGE)
    answers = merged(drawing, results, graph.logits)
    bits = graph.logits.format.bits
    return Diagram(graph.name, tuple(drawing.sections), entering, answers, bits, tuple(drawing.entries))


def _last_exit(drawing: Drawing, folded: Folded, stage: Stage, words: Stream) -> Stream:
    """Draw the exit that all remaining samples take. Give its results."""
    drawing.open(words.stage, Role.EXIT)
    return with_ids(drawing, drawing.in_lanes(folded.drawn(drawing, stage.exit, words), 1))


def _early_exit(
    drawing: Drawing, folded: Folded, stage: Stage, rule: IntegerRule, words: Stream
) -> tuple[Stream, Stream]:
    """Draw split, exit, decision and both buffers.

    Returns:
        The results of the exit, and the feature maps that go on to the next stage.
    """
    index, design = words.stage, folded.design
    to_split = drawing.gathered(words, design.of(f"split.{index}", words.lanes).streams_in)
    to_exit, kept = parted(drawing, to_split)
    drawing.open(index, Role.EXIT)
    logits = drawing.in_lanes(folded.drawn(drawing, stage.exit, to_exit), 1)
    assert stage.decision is not None  # noqa: S101 - the caller has looked
    result, verdict = judged(drawing, stage.decision, rule, logits)
    drawing.open(index, Role.BUFFER)
    kept = drawing.gathered(kept, design.of(f"buffer.{index}", kept.lanes).streams_in)
    return result, waiting_feature_maps(drawing, kept, verdict, design.buffered_of(index))
