"""Where samples part and meet: sample IDs, early exits with their buffers, and the merge of all results."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fpga_ee.hardware.diagram.diagram import Block, Parameter, Stream
from fpga_ee.hardware.diagram.drawing import Drawing
from fpga_ee.hardware.network.graph import Decision, FeatureMap, Stage
from fpga_ee.hardware.network.layers import chain, fed
from fpga_ee.hardware.network.memories import table_lines
from fpga_ee.hardware.network.sample_ids import SAMPLE_ID_BITS
from fpga_ee.hardware.network.tables import DecisionTables
from fpga_ee.hardware.timing.cycles import decision_interval, merge_interval

IN_FLIGHT = 32
"""Samples whose IDs a stage can hold: more than its layers can, and no dearer than 2."""

LOGITS_HELD = 3
"""Samples whose logits can wait for their verdict: two in the decision, one between."""

LABEL_BITS = 8
EXIT_BITS = 8


@dataclass(frozen=True)
class _Buffer:
    """A conditional buffer: its name, what it gives, the verdict that keeps a sample, and its room."""

    name: str
    leaving: str
    keep: int
    samples: int


def ids_apart(drawing: Drawing, current: Stream) -> Stream:
    """Part a stream from its IDs, which wait in a queue for the results."""
    stage = current.stage
    plain = replace(current, name=f"{current.name}_bare", has_id=False)
    fresh, waiting = _ids(f"ids_{stage}_fresh", stage), _ids(f"ids_{stage}", stage)
    parameters: dict[str, Parameter] = {"WIDTH": current.width, "ID_BITS": SAMPLE_ID_BITS}
    drawing.add(
        Block(f"ids_{stage}_off", "sample_ids", parameters, {"in": current}, {"out": plain, "id": fresh})
    )
    drawing.queue(fresh, waiting, IN_FLIGHT)
    return drawing.skid(plain, f"{current.name}_alone")


def with_ids(drawing: Drawing, logits: Stream) -> Stream:
    """Join the logits of the last exit with their IDs again."""
    stage = logits.stage
    result = replace(logits, name=f"result_{stage}", has_id=True, layer=None)
    parameters: dict[str, Parameter] = {"WIDTH": logits.width, "ID_BITS": SAMPLE_ID_BITS}
    inputs = {"in": logits, "id": _ids(f"ids_{stage}", stage)}
    drawing.add(Block(f"ids_{stage}_on", "join_ids", parameters, inputs, {"out": result}))
    return result


def early_exit(
    drawing: Drawing, stage: Stage, tables: DecisionTables, current: Stream
) -> tuple[Stream, Stream]:
    """Split, exit, decision and both buffers; the exit's results and what goes on to the next stage."""
    index = current.stage
    current = fed(drawing, current, None, drawing.streams(f"split.{index}", current.lanes))
    to_exit, to_buffer = parted(drawing, current)
    drawing.open(f"Exit {index}")
    logits = drawing.in_lanes(chain(drawing, stage.exit, to_exit), 1)
    assert stage.decision is not None  # noqa: S101 - the caller has looked
    result, verdict = judged(drawing, stage.decision, tables, logits)
    drawing.open(f"Stage {index}", "what waits for the exit's verdict")
    to_buffer = fed(drawing, to_buffer, None, drawing.streams(f"buffer.{index}", to_buffer.lanes))
    return result, waiting(drawing, to_buffer, verdict)


def parted(drawing: Drawing, feature_map: Stream) -> tuple[Stream, Stream]:
    """Give a stage's feature map to its exit and to what waits for the verdict."""
    index = feature_map.stage
    return drawing.split(feature_map, f"split_{index}", f"exit_{index}", f"keep_{index}")


def judged(
    drawing: Drawing, decision: Decision, tables: DecisionTables, logits: Stream
) -> tuple[Stream, Stream]:
    """Decide; the logits of samples that leave, and the verdicts for the feature maps."""
    index = logits.stage
    ours, kept = drawing.split(logits, f"logits_{index}_split", f"judge_{index}", f"logits_{index}")
    verdict = _decision(drawing, decision, tables, ours)
    drop, take = drawing.split(
        drawing.skid(verdict, f"verdict_{index}"),
        f"verdict_{index}_split",
        f"verdict_{index}_map",
        f"verdict_{index}_logits",
    )
    held = _Buffer(f"logits_buffer_{index}", f"result_{index}", 1, LOGITS_HELD)
    return _buffer(drawing, held, kept, take), drop


def waiting(drawing: Drawing, feature_map: Stream, verdict: Stream) -> Stream:
    """Keep feature maps until their verdicts are known; those of samples that go on."""
    index = feature_map.stage
    buffer = _Buffer(f"buffer_{index}", f"late_{index}", 0, drawing.plan.buffered_of(index))
    return _buffer(drawing, buffer, feature_map, verdict)


def merge(drawing: Drawing, results: Sequence[Stream], logits: FeatureMap) -> Stream:
    """One stream of all results, in the order in which they are ready."""
    bits = logits.format.bits
    leaving = Stream(
        "results", 1, LABEL_BITS + EXIT_BITS + bits, False, logits.channels, len(results) - 1, has_id=True
    )
    parameters: dict[str, Parameter] = {
        "EXITS": len(results),
        "BITS": bits,
        "CLASSES": logits.channels,
        "ID_BITS": SAMPLE_ID_BITS,
        "LABEL_BITS": LABEL_BITS,
        "EXIT_BITS": EXIT_BITS,
    }
    # The ports of all exits lie beside each other, the first lowest.
    inputs = {f"in[{index}]": result for index, result in enumerate(results)}
    note = "one stream of {label, exit index, logit}, sample by sample"
    count = merge_interval(logits.channels)
    drawing.add(Block("merge", "exit_merge", parameters, inputs, {"out": leaving}, note=note, interval=count))
    return leaving


def _decision(drawing: Drawing, decision: Decision, tables: DecisionTables, logits: Stream) -> Stream:
    index = logits.stage
    verdict = Stream(f"verdict_{index}_fresh", 1, SAMPLE_ID_BITS + 1, False, 1, index, has_last=False)
    classes = decision.input.channels
    exponentials = f"decision_{index}.exponentials.hex"
    highest = max(tables.exponentials.max(), 0 if tables.weighted is None else tables.weighted.max())
    table_bits = int(highest).bit_length()
    drawing.memories[exponentials] = table_lines(tables.exponentials, table_bits)
    parameters: dict[str, Parameter] = {
        "BITS": logits.bits,
        "CLASSES": classes,
        "ID_BITS": SAMPLE_ID_BITS,
        "ENTRIES": len(tables.exponentials),
        "TABLE_BITS": table_bits,
        "EXPONENTIALS": exponentials,
    }
    ports = {"bound_write": f"cfg_valid && cfg_exit == {index}", "bound_data": "cfg_data"}
    if tables.weighted is None:
        parameters["BOUND"] = int(tables.bounds[0])
    else:
        weighted, bounds = f"decision_{index}.weighted.hex", f"decision_{index}.bounds.hex"
        drawing.memories[weighted] = table_lines(tables.weighted, table_bits)
        drawing.memories[bounds] = table_lines(tables.bounds, 32)
        parameters |= {
            "SHIFT": tables.shift,
            "BOUND_ENTRIES": len(tables.bounds),
            "WEIGHTED": weighted,
            "BOUNDS": bounds,
        }
        ports["bound_address"] = "cfg_address"
    criterion = decision.criterion
    drawing.add(
        Block(
            f"decision_{index}",
            f"exit_decision_{criterion}",
            parameters,
            {"in": logits, "id": _ids(f"ids_{index}", index)},
            {"out": verdict},
            ports,
            note="leave here, or go on?",
            interval=decision_interval(criterion, classes),
        )
    )
    return verdict


def _buffer(drawing: Drawing, buffer: _Buffer, current: Stream, verdict: Stream) -> Stream:
    # What the exit does not take belongs to the next stage.
    stage = current.stage + (buffer.keep == 0)
    leaving = replace(current, name=buffer.leaving, has_id=True, layer=None, stage=stage)
    parameters: dict[str, Parameter] = {
        "WIDTH": current.width,
        "BEATS": current.beats,
        "SAMPLES": buffer.samples,
        "ID_BITS": SAMPLE_ID_BITS,
        "KEEP": buffer.keep,
    }
    drawing.add(
        Block(
            buffer.name,
            "conditional_buffer",
            parameters,
            {"in": current, "verdict": verdict},
            {"out": leaving},
            note=f"room for {buffer.samples} samples of {current.beats} beats",
            interval=current.beats,
        )
    )
    return leaving


def _ids(name: str, stage: int) -> Stream:
    return Stream(name, 1, SAMPLE_ID_BITS, False, 1, stage, has_last=False)
