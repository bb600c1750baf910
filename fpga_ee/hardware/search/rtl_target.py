"""Our own hardware library as a target.

Every layer and every unit is drawn by itself, as accelerators have it, and its blocks are counted. So a
design costs what its diagram costs, block by block.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from fpga_ee.artifacts.identifiers import identifiers
from fpga_ee.hardware.design.foldings import Plan, feasible
from fpga_ee.hardware.diagram.diagram import Block, Stream
from fpga_ee.hardware.diagram.drawing import Drawing
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.exits import ids_apart, judged, merge, parted, waiting, with_ids
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Decision, FeatureMap, Layer
from fpga_ee.hardware.network.layers import chain, fed
from fpga_ee.hardware.network.tables import DecisionTables
from fpga_ee.hardware.search.target import PublishedFigures, Target, Unit
from fpga_ee.hardware.timing.cycles import MERGING, PASSING_ON, VERDICT, interval, passage

Area = Callable[[Block, Mapping[str, list[str]], Mapping[str, str]], Resources]
"""Resources of a block, from the memories and the constants that it reads."""

NOTES = (
    "Intervals, latencies and resources are our own model of the modules in hw/rtl, without place and route.",
    "Stages are built once; `fpga-ee hw-fastest` searches for designs with several copies of them.",
)


def rtl_target(tables: Sequence[DecisionTables], area: Area) -> Target:
    """The hardware of ``hw/rtl``.

    Args:
        tables: Tables of every exit but the last.
        area: Counts a block.
    """
    drawn = _Drawn(tables, area)
    return Target(
        name="rtl",
        feasible=feasible,
        interval=interval,
        passage=passage,
        # Searches, baseline and deeper buffers ask for the same again.
        resources=cache(drawn.layer),
        entry=cache(drawn.entry),
        converter=cache(drawn.converter),
        split=cache(drawn.split),
        decision=cache(drawn.decision),
        buffer=cache(drawn.buffer),
        merge=cache(drawn.merge),
        published=_published,
        source=_source,
        models="own model of hw/rtl",
        notes=NOTES,
    )


def _published(_layer: Layer, _folding: Folding) -> PublishedFigures | None:
    return None


def _source(_layer: Layer | None) -> str:
    return "own model"


@dataclass(frozen=True)
class _Drawn:
    """Draws layers and units and counts them; attributes as of ``rtl_target``."""

    tables: Sequence[DecisionTables]
    area: Area

    def layer(self, layer: Layer, folding: Folding) -> Resources:
        drawing = _drawing(Plan({layer.name: folding}), [layer.name])
        chain(drawing, [layer], _stream(layer.input, folding.streams_in))
        return self._counted(drawing)

    def entry(self, image: FeatureMap, streams: int) -> Resources:
        drawing = _drawing()
        ids_apart(drawing, replace(_stream(image, streams), has_id=True))
        return self._counted(drawing)

    def converter(
        self, passing: FeatureMap, streams_in: int, streams_out: int, reader: Layer | None
    ) -> Resources:
        drawing, given = _drawing(), _stream(passing, streams_in)
        fed(drawing, given, reader, streams_out)
        return self._counted(drawing)

    def split(self, passing: FeatureMap, streams: int) -> Unit:
        drawing, current = _drawing(), _stream(passing, streams)
        parted(drawing, current)
        return Unit(self._counted(drawing), current.beats, 0)

    def decision(self, decision: Decision, stage: int) -> Unit:
        drawing = _drawing()
        judged(drawing, decision, self.tables[stage], _stream(decision.input, 1, stage))
        latency = VERDICT[decision.criterion] + decision.input.channels
        return Unit(self._counted(drawing), _interval(drawing), latency)

    def buffer(self, passing: FeatureMap, streams: int, samples: int) -> Unit:
        drawing, current = _drawing(Plan({}, samples)), _stream(passing, streams)
        verdict = Stream("verdict", 1, 1, False, 1, current.stage, has_last=False)
        ids_apart(drawing, waiting(drawing, current, verdict))
        return Unit(self._counted(drawing), _interval(drawing), PASSING_ON)

    def merge(self, logits: FeatureMap, exits: int) -> Unit:
        drawing = _drawing()
        results = [with_ids(drawing, _stream(logits, 1, exits - 1))] * exits
        merge(drawing, results, logits)
        return Unit(self._counted(drawing), _interval(drawing), MERGING)

    def _counted(self, drawing: Drawing) -> Resources:
        blocks = drawing.sections[0].blocks
        return sum((self.area(block, drawing.memories, drawing.constants) for block in blocks), Resources())


def _drawing(plan: Plan | None = None, layers: Sequence[str] = ()) -> Drawing:
    drawing = Drawing(plan or Plan({}), identifiers(layers))
    drawing.open("drawn by itself")
    return drawing


def _stream(passing: FeatureMap, lanes: int, stage: int = 0) -> Stream:
    word = passing.format
    return Stream("words", lanes, word.bits, word.signed, passing.words // lanes, stage)


def _interval(drawing: Drawing) -> int:
    return max(block.interval for block in drawing.sections[0].blocks)
