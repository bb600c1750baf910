"""Stages that are built several times: samples are dealt out in turn, and results are joined again."""

from collections.abc import Sequence
from dataclasses import replace

from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.diagram.diagram import Block, Ports, Role
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.sample_collector import SampleCollector
from fpga_ee.hardware.library.sample_distributor import SampleDistributor
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.folding import divisors
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS


def entry_lanes(graph: HardwareGraph, design: Design) -> int:
    """Choose the words in a beat of images: the first layer's, or as many more as the stage's copies need."""
    stage, words = graph.stages[0], graph.input.words
    first = stage.backbone.layers[0]
    lanes = design.of(first.name).streams_in
    intervals = [layer.interval(design.of(layer.name)) for layer in stage.layers if layer.weights]
    # A copy takes no sample faster than beats of the first layer's width come.
    slowest = max(words // lanes, *intervals)
    enough = (n for n in divisors(words) if n % lanes == 0 and words // n * design.copies_of(0) <= slowest)
    return next(enough, words)


def waiting_sample(drawing: Drawing, current: Stream) -> Stream:
    """Draw a queue for a sample before a copy, so that the other copies get theirs while it works."""
    return drawing.queue(current, replace(current, base=f"{current.base}_waiting"), max(2, current.beats))


def add_copies(
    drawing: Drawing, stage: Drawing, copies: int, entering: Stream, leaving: Sequence[Stream]
) -> list[Stream]:
    """Add several copies of a stage to a diagram.

    Args:
        drawing: The diagram.
        stage: The stage, drawn once.
        copies: Number of copies.
        entering: The stream that it reads.
        leaving: The streams that it gives, with IDs.

    Returns:
        The streams that all copies give together.
    """
    if copies == 1:
        drawing.sections += stage.sections
        drawing.entries += stage.entries
        return list(leaving)
    numbers = range(copies)
    drawing.open(entering.stage, Role.DISTRIBUTION)
    distributor = SampleDistributor(copies, entering.width, SAMPLE_ID_BITS)
    drawing.add(
        Block(
            f"{entering.base}_distributor",
            distributor,
            {"in": entering},
            {"out": _of_copies(entering, copies)},
            interval=distributor.sample_interval(entering.beats),
        )
    )
    for copy in numbers:
        drawing.sections += [section.in_copy(copy, copies) for section in stage.sections]
        drawing.entries += [entry.in_copy(copy) for entry in stage.entries]
    drawing.open(entering.stage, Role.COLLECTION)
    joined = [replace(stream, base=f"{stream.base}_joined") for stream in leaving]
    for stream, together in zip(leaving, joined, strict=True):
        collector = SampleCollector(copies, stream.width, SAMPLE_ID_BITS)
        drawing.add(
            Block(
                f"{stream.base}_collector",
                collector,
                {"in": _of_copies(stream, copies)},
                {"out": together},
                interval=collector.sample_interval(stream.beats),
            )
        )
    return joined


def _of_copies(stream: Stream, copies: int) -> Ports:
    return Ports(tuple(stream.in_copy(copy) for copy in range(copies)))
