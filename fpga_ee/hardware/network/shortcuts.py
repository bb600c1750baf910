"""Queues for the words that wait where ways of different lengths join.

Behind a fork, the rows of a sample come to the join on the shorter way first. There they wait for the longer
way, whose windows must fill. A fork gives a word when all its readers take it. So a queue that is too short
stops the longer way too. If it is full before the windows are, both ways stop for ever. Otherwise the longer
way stops each time that it waits for a row.

The queue holds the most words that wait with the fastest folding of every layer. With these foldings the
registers hold the most words. Slower layers need no longer queue, because a window waits for the same rows at
every pace.
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
"""Beats that a queue holds beside the waiting words, for the registers of the queue and of the join."""

_SAMPLES = 3
"""Samples in a row, after which the number of waiting words repeats."""


def waiting_words(layers: LayerGraph) -> Mapping[tuple[str, int], int]:
    """Count the words that wait at most, by the name of the join and the number of its input."""
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
    """Draw the queue in which ``words`` words of a stream wait. There is none if no word waits."""
    if not words:
        return stream
    beats = ceil(words / stream.lanes) + ROUND_TRIP
    return drawing.queue(stream, replace(stream, base=f"{stream.base}_waiting", layer=None), beats)


def _most_waiting(given: Sequence[Passage], taken: Sequence[Passage], period: int) -> Fraction:
    """Count the rows that have come and are not taken yet, at most."""
    comings, goings = (
        [row.later(period * sample) for sample in range(_SAMPLES) for row in rows] for rows in (given, taken)
    )
    # Between two of these cycles the number changes steadily.
    turns = {cycle for row in (*comings, *goings) for cycle in (row.first, row.last)}
    return max(_passed(comings, cycle) - _passed(goings, cycle) for cycle in turns)


def _passed(rows: Sequence[Passage], cycle: int) -> Fraction:
    """Count the rows that have passed by a cycle."""
    return sum(
        (
            Fraction(min(max(cycle - row.first, 0), row.last - row.first), row.last - row.first)
            for row in rows
        ),
        Fraction(),
    )
