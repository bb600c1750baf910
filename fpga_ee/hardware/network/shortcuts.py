"""How many words wait where ways of different lengths join, and the queues that hold them.

Behind a fork, the rows of a sample come to the join on the shorter way first. There they wait for the longer
way, whose windows must fill. A fork gives a word when all its readers take it. So a queue that is too short
stops the longer way too: before its windows are full, for ever; or each time that it waits for a row.

The queue holds as many words as wait at most where every layer is folded as far as it can be. Then registers
hold the most words; slower layers need no longer queue, since a window waits for the same rows at every pace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil

from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.timing.passages import Passage, evenly, together

ROUND_TRIP = 4
"""Beats more than wait: those in the registers of the queue itself and of the join."""

_SAMPLES = 3
"""Samples one behind another, by which the words that wait come again and again."""


def waiting_words(layers: LayerGraph) -> Mapping[tuple[str, int], int]:
    """Words that wait at most at every input of every join, by the join's name and the input's number."""
    fastest = {layer: min(layer.foldings(), key=layer.interval) for layer in layers}
    entering = layers.input
    period = max(entering.positions, *(layer.interval(folding) for layer, folding in fastest.items()))
    found: dict[tuple[str, int], int] = {}

    def step(layer: Layer, operands: Sequence[list[Passage]]) -> list[Passage]:
        if len(operands) > 1:
            taken = together(operands)
            for number, (given, read) in enumerate(zip(operands, layer.inputs, strict=True)):
                rows = _most_waiting(given, taken, period)
                found[layer.name, number] = ceil(rows * read.words / len(given))
        return layer.passage(fastest[layer], operands)

    layers.through(evenly(0, entering.positions, entering.rows), step)
    return found


def buffered(drawing: Drawing, stream: Stream, words: int) -> Stream:
    """Draw the queue in which so many words of a stream wait; none where none wait."""
    if not words:
        return stream
    beats = ceil(words / stream.lanes) + ROUND_TRIP
    return drawing.queue(stream, replace(stream, base=f"{stream.base}_waiting", layer=None), beats)


def _most_waiting(given: Sequence[Passage], taken: Sequence[Passage], period: int) -> Fraction:
    """Rows that have come and are not taken yet, at most."""
    comings, goings = (
        [row.later(period * sample) for sample in range(_SAMPLES) for row in rows] for rows in (given, taken)
    )
    # Between two of these cycles the number changes steadily.
    turns = {cycle for row in (*comings, *goings) for cycle in (row.first, row.last)}
    return max(_passed(comings, cycle) - _passed(goings, cycle) for cycle in turns)


def _passed(rows: Sequence[Passage], cycle: int) -> Fraction:
    """Rows that have passed by a cycle."""
    return sum(
        (
            Fraction(min(max(cycle - row.first, 0), row.last - row.first), row.last - row.first)
            for row in rows
        ),
        Fraction(),
    )
