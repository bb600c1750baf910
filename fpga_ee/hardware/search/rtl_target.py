"""The target ``rtl``: our library for a search. Each layer and unit is drawn by itself, as in an accelerator.

So a design costs as much as its diagram, block by block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from fpga_ee.artifacts.identifiers import identifiers
from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.hardware.diagram.diagram import Role
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.library.conditional_buffer import PASSING_ON
from fpga_ee.hardware.library.exit_merge import RESULT
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.exits.buffer import waiting_feature_maps
from fpga_ee.hardware.network.exits.exit_decision import decision_module, judged, verdicts
from fpga_ee.hardware.network.exits.merge import merged
from fpga_ee.hardware.network.exits.split import parted
from fpga_ee.hardware.network.exits.waiting_ids import ids_apart, with_ids
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.shortcuts import buffered
from fpga_ee.hardware.search.target import PublishedFigures, Target, Unit
from fpga_ee.hardware.timing.passages import Passage

Area = Callable[[LibraryModule], Resources]
"""Counts a module with all modules inside it."""

NOTES = (
    "Intervals, latencies and resources are our own model of the modules in hw/rtl, without place and route.",
    "Stages are built once; `fpga-ee hw-fastest` searches for designs with several copies of them.",
)


def rtl_target(rules: Sequence[IntegerRule], area: Area) -> Target:
    """Build the target of the hardware in ``hw/rtl``.

    Args:
        rules: Integer rule of every exit but the last.
        area: Counts a module.
    """
    drawn = _Drawn(rules, area)
    return Target(
        name="rtl",
        feasible=_foldings,
        interval=_interval,
        passage=_passage,
        # Searches, baseline and deeper buffers ask for the same components again.
        resources=cache(drawn.layer),
        entry=cache(drawn.entry),
        converter=cache(drawn.converter),
        fork=cache(drawn.fork),
        queue=cache(drawn.queue),
        split=cache(drawn.split),
        decision=cache(drawn.decision),
        buffer=cache(drawn.buffer),
        merge=cache(drawn.merge),
        published=_published,
        source=_source,
        models="own model of hw/rtl",
        notes=NOTES,
    )


def _foldings(layer: Layer) -> list[Folding]:
    return layer.foldings()


def _interval(layer: Layer, folding: Folding) -> int:
    return layer.interval(folding)


def _passage(layer: Layer, folding: Folding, entering: Sequence[Sequence[Passage]]) -> Sequence[Passage]:
    return layer.passage(folding, entering)


def _published(_layer: Layer, _folding: Folding) -> PublishedFigures | None:
    return None


def _source(_layer: Layer | None) -> str:
    return "own model"


@dataclass(frozen=True)
class _Drawn:
    """Draws layers and units one at a time, and counts them. ``rtl_target`` explains the attributes."""

    rules: Sequence[IntegerRule]
    area: Area

    def layer(self, layer: Layer, folding: Folding) -> Resources:
        drawing = _drawing()
        streams = [_stream(entering, folding.streams_in) for entering in layer.inputs]
        layer.drawn(drawing, identifiers([layer.name])[layer.name], folding, streams)
        return self._counted(drawing)

    def entry(self, image: FeatureMap, streams: int) -> Resources:
        drawing = _drawing()
        ids_apart(drawing, replace(_stream(image, streams), has_id=True))
        return self._counted(drawing)

    def converter(
        self, passing: FeatureMap, streams_in: int, streams_out: int, reader: Layer | None
    ) -> Resources:
        drawing, given = _drawing(), _stream(passing, streams_in)
        if reader is None:
            drawing.gathered(given, streams_out)
        else:
            reader.fed(drawing, given, streams_out)
        return self._counted(drawing)

    def fork(self, passing: FeatureMap, streams: int, readers: int) -> Resources:
        drawing = _drawing()
        drawing.forked(_stream(passing, streams), [f"reader_{number}" for number in range(readers)])
        return self._counted(drawing)

    def queue(self, passing: FeatureMap, streams: int, words: int) -> Resources:
        drawing = _drawing()
        buffered(drawing, _stream(passing, streams), words)
        return self._counted(drawing)

    def split(self, passing: FeatureMap, streams: int) -> Unit:
        drawing, current = _drawing(), _stream(passing, streams)
        parted(drawing, current)
        return Unit(self._counted(drawing), current.beats, 0)

    def decision(self, decision: Decision, stage: int) -> Unit:
        drawing, logits = _drawing(), _stream(decision.input, 1, stage)
        judged(drawing, decision, self.rules[stage], logits)
        latency = decision_module(decision, self.rules[stage], logits).latency
        return Unit(self._counted(drawing), _slowest(drawing), latency)

    def buffer(self, passing: FeatureMap, streams: int, samples: int) -> Unit:
        drawing, current = _drawing(), _stream(passing, streams)
        ids_apart(drawing, waiting_feature_maps(drawing, current, verdicts("verdict", 0), samples))
        return Unit(self._counted(drawing), _slowest(drawing), PASSING_ON)

    def merge(self, logits: FeatureMap, exits: int) -> Unit:
        drawing = _drawing()
        results = [with_ids(drawing, _stream(logits, 1, exits - 1))] * exits
        merged(drawing, results, logits)
        return Unit(self._counted(drawing), _slowest(drawing), RESULT)

    def _counted(self, drawing: Drawing) -> Resources:
        blocks = drawing.sections[0].blocks
        return sum((self.area(block.module) for block in blocks), Resources())


def _drawing() -> Drawing:
    drawing = Drawing()
    drawing.open(0, Role.BACKBONE)
    return drawing


def _stream(passing: FeatureMap, lanes: int, stage: int = 0) -> Stream:
    word = passing.format
    return Stream("words", lanes, word.bits, word.signed, passing.words // lanes, stage)


def _slowest(drawing: Drawing) -> int:
    return max(block.interval for block in drawing.sections[0].blocks)
