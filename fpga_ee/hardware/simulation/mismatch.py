"""The cause of a failed simulation: the first wrong word, or the blocks that wait for one another."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fpga_ee.hardware.design.generate import Generated
from fpga_ee.hardware.diagram.diagram import Diagram
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.layer import Integers, Layer
from fpga_ee.hardware.simulation.expected import Expected
from fpga_ee.hardware.simulation.harness import Report


@dataclass(frozen=True)
class Mismatch:
    """The first difference.

    Attributes:
        sample: Index of the image.
        stage: The stage.
        place: The layer or unit.
        position: The position in its output; empty for a unit.
        found: The hardware's value.
        wanted: The right value.
        copy: Number of the stage's copy; None where the stage is built once.
    """

    sample: int
    stage: int
    place: str
    position: str
    found: str
    wanted: str
    copy: int | None = None

    def __str__(self) -> str:
        """Describe the difference in one sentence."""
        stage = f"stage {self.stage}" + ("" if self.copy is None else f", copy {self.copy}")
        where = f", {self.position}" if self.position else ""
        return (
            f"sample {self.sample}, {stage}, {self.place}{where}: "
            f"the hardware gives {self.found}, ONNX Runtime {self.wanted}"
        )


def first_wrong(report: Report, wanted: Expected) -> int | None:
    """Find the first sample whose result is missing, repeated or wrong; None where all are right."""
    seen: dict[int, int] = {}
    for result in report.results:
        seen[result.id] = seen.get(result.id, 0) + 1
    if unknown := sorted(set(seen) - set(range(len(wanted.exits)))):
        return unknown[0]
    wrong = [number for number in range(len(wanted.exits)) if seen.get(number, 0) != 1]
    for result in report.results:
        same = (
            result.exit == wanted.exits[result.id]
            and result.label == wanted.labels[result.id]
            and result.logits == tuple(wanted.logits[result.id])
        )
        if not same:
            wrong.append(result.id)
    return min(wrong, default=None)


def astray(report: Report, diagram: Diagram, wanted: Expected) -> str | None:
    """Find the first sample that entered a wrong stage or missed one; None where there is none.

    A sample that leaves early must not enter later stages, or its exit saves no work.
    """
    entered: dict[int, list[int]] = {}
    for entry in diagram.entries:
        entered.setdefault(entry.stage, []).extend(report.reached[entry.name])
    for stage, samples in sorted(entered.items()):
        must = {number for number, exit_ in enumerate(wanted.exits) if exit_ >= stage}
        times = Counter(samples)
        for sample in sorted(must | set(times)):
            if times[sample] != (sample in must):
                times_wanted = int(sample in must)
                return f"sample {sample} enters stage {stage} {times[sample]} times instead of {times_wanted}"
    return None


def ordinals(report: Report, sample: int, diagram: Diagram) -> list[int]:
    """Count, for every copy of every stage, the samples that entered it before this one.

    Returns:
        The numbers, with -1 for a copy that the sample never entered.
    """
    reached = [report.reached[entry.name] for entry in diagram.entries]
    return [ids.index(sample) if sample in ids else -1 for ids in reached]


def explain(generated: Generated, sample: int, code: Integers, report: Report, wanted: Expected) -> Mismatch:
    """Find the first layer whose stream is wrong.

    Args:
        generated: The network and its diagram.
        sample: The sample.
        code: Its image, [1, rows, cols, channels].
        report: The report of the failed run, with the sample's streams captured.
        wanted: The right answers.
    """
    if sample >= len(wanted.exits):
        return Mismatch(sample, 0, "results", "", "a result of this ID", "no such sample")
    entering = code
    # The streams of the copies that the sample passed. Of a stream that changes its width, the last form
    # counts.
    streams = {stream.layer: stream for stream in generated.diagram.streams if stream.name in report.captured}
    for index, stage in enumerate(generated.graph.stages):
        outputs = stage.backbone.through(entering, _computed)
        leaving = outputs[stage.backbone.layers[-1].name]
        outputs |= stage.exit.through(leaving, _computed)
        for layer in stage.layers:
            stream = streams.get(layer.name)
            if stream is None:
                continue
            found = words(report.captured[stream.name], stream)
            if difference := _difference(found, outputs[layer.name].reshape(-1), layer.output):
                return Mismatch(sample, index, layer.name, *difference, copy=stream.copy)
        if wanted.exits[sample] == index:
            break
        entering = leaving
    return _result_mismatch(sample, report, wanted)


def _computed(layer: Layer, operands: Sequence[Integers]) -> Integers:
    return layer.computed(operands)


def words(beats: list[int], stream: Stream) -> Integers:
    """Unpack the words of captured beats, in the order of the stream."""
    mask, sign = (1 << stream.bits) - 1, 1 << (stream.bits - 1)
    flat = [beat >> (lane * stream.bits) & mask for beat in beats for lane in range(stream.lanes)]
    return np.array([(word ^ sign) - sign if stream.signed else word for word in flat], dtype=np.int64)


def deadlock(report: Report, diagram: Diagram) -> str:
    """Describe a deadlock: a circle of waiting blocks if there is one, else all blocked streams."""
    waits: dict[str, list[tuple[str, str]]] = {}
    for stream in diagram.streams:
        state = report.traffic[stream.name]
        source, reader = diagram.source(stream), diagram.reader(stream)
        if state.valid and not state.ready:
            waits.setdefault(source, []).append(
                (reader, f"{source} waits for {reader} to take {stream.name}")
            )
        elif state.ready and not state.valid:
            waits.setdefault(reader, []).append(
                (source, f"{reader} waits for {source} to give {stream.name}")
            )
    for start in waits:
        if circle := _circle(start, waits):
            return "; ".join(circle)
    blocked = [text for edges in waits.values() for _, text in edges if " take " in text]
    return "; ".join(blocked) or "no block offers anything, and results are missing"


def _circle(start: str, waits: dict[str, list[tuple[str, str]]]) -> list[str]:
    """Find the shortest chain of waiting blocks that leads back to its start."""
    paths: list[tuple[str, list[str]]] = [(start, [])]
    seen = set()
    for block, path in paths:
        for other, text in waits.get(block, []):
            if other == start:
                return [*path, text]
            if other not in seen:
                seen.add(other)
                paths.append((other, [*path, text]))
    return []


def _difference(found: Integers, wanted: Integers, shape: FeatureMap) -> tuple[str, str, str] | None:
    for index, (has, wants) in enumerate(zip(found, wanted, strict=False)):
        if has != wants:
            position, channel = divmod(index, shape.channels)
            row, col = divmod(position, shape.cols)
            return f"channel {channel}, row {row}, column {col}", str(has), str(wants)
    if len(found) != len(wanted):
        return "number of words", str(len(found)), str(len(wanted))
    return None


def _result_mismatch(sample: int, report: Report, wanted: Expected) -> Mismatch:
    results = [result for result in report.results if result.id == sample]
    stage = int(wanted.exits[sample])
    if len(results) != 1:
        return Mismatch(sample, stage, "results", "", f"{len(results)} results", "exactly one")
    found, right = results[0], wanted.logits[sample].tolist()
    if found.exit != stage:
        return Mismatch(sample, min(stage, found.exit), "exit", "", f"exit {found.exit}", f"exit {stage}")
    if list(found.logits) != right:
        return Mismatch(sample, stage, "logits", "", str(list(found.logits)), str(right))
    return Mismatch(sample, stage, "label", "", str(found.label), str(int(wanted.labels[sample])))
