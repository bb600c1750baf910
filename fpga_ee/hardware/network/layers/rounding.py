"""Hardware that rounds and limits words, for requantisation and ReLU."""

from collections.abc import Sequence
from dataclasses import replace

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.requantise import LATENCY, RequantiseModule
from fpga_ee.hardware.library.stream_fifo import QUEUED
from fpga_ee.hardware.network.drawing import QUEUE_DEPTH, Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.unary import stream_of
from fpga_ee.hardware.timing.passages import Passage, worked_on


def rounded_passage(beats: int, entering: Sequence[Passage]) -> list[Passage]:
    """Compute when the rows of a sample of ``beats`` beats leave.

    A beat takes a cycle, and a queue follows.
    """
    return [row.later(LATENCY + QUEUED) for row in worked_on(entering, beats, 1)]


def rounding(
    maps: tuple[FeatureMap, FeatureMap], limits: tuple[int, int], stream: Stream
) -> RequantiseModule:
    """Make the module that rounds and limits words that all have one grid.

    Args:
        maps: Input and output of the layer.
        limits: The least and the greatest word that leave.
        stream: The stream that it reads.
    """
    (entering, output), (low, high) = maps, limits
    return RequantiseModule(
        lanes=stream.lanes,
        in_bits=stream.bits,
        out_bits=output.format.bits,
        shift=entering.format.frac - output.format.frac,
        low=low,
        high=high,
    )


def drawn_rounding(  # noqa: PLR0913, PLR0917 - each is a separate fact about the layer
    drawing: Drawing,
    identifier: str,
    name: str,
    maps: tuple[FeatureMap, FeatureMap],
    module: LibraryModule,
    stream: Stream,
) -> Stream:
    """Draw a module that rounds and limits words, and a queue.

    Args:
        drawing: Takes the blocks.
        identifier: Name of the layer in hardware.
        name: The layer's name.
        maps: Input and output of the layer.
        module: The module.
        stream: The stream that it reads.
    """
    entering, output = maps
    leaving = stream_of(f"{identifier}_words", output, stream.lanes, stream.stage, name)
    raw = replace(leaving, base=f"{identifier}_raw", layer=None)
    note, cycles = f"{entering.format} -> {output.format}", module.sample_interval(stream.beats)
    drawing.add(Block(identifier, module, {"in": stream}, {"out": raw}, note=note, interval=cycles))
    # A layer with folded filters gives all filters of a position in one burst.
    burst = output.channels // stream.lanes
    return drawing.queue(raw, leaving, max(QUEUE_DEPTH, burst))
