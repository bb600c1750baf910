"""From a hardware graph and its foldings to the block diagram of the accelerator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm

import numpy as np

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.graph import (
    Convolution,
    FeatureMap,
    HardwareGraph,
    Layer,
    Linear,
    Pooling,
    Relu,
    Requantise,
    Stage,
)
from fpga_ee.hardware.rtl import foldings
from fpga_ee.hardware.rtl.cycles import decision_interval, interval, merge_interval
from fpga_ee.hardware.rtl.diagram import Block, Diagram, Parameter, Section, Stream
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.memories import bias_lines, table_lines, weight_lines
from fpga_ee.hardware.rtl.tables import DecisionTables
from fpga_ee.hardware.units import SAMPLE_ID_BITS

IN_FLIGHT = 32
"""Samples whose IDs a stage can hold: more than its layers can, and no dearer than 2."""

QUEUE = 16
"""Beats of a queue behind a layer at least; up to 32 cost the same."""

LOGITS_HELD = 3
"""Samples whose logits can wait for their verdict: two in the decision, one between."""

LABEL_BITS = 8
EXIT_BITS = 8


def accelerator(graph: HardwareGraph, plan: Plan, tables: Sequence[DecisionTables]) -> Diagram:
    """Connect the modules of the library into a network.

    Args:
        graph: The network, with integer weights.
        plan: How it is folded.
        tables: Tables of every exit but the last.

    Raises:
        FpgaEeError: The library cannot build the network or the folding.
    """
    foldings.check(graph, plan)
    builder = _Builder(plan)
    lanes = plan.foldings.get(graph.stages[0].backbone[0].name, Folding()).streams_in
    image = graph.input
    beats = image.words // lanes
    entering = Stream("image", lanes, image.format.bits, image.format.signed, beats, 0, has_id=True)
    current = entering
    results = []
    for index, stage in enumerate(graph.stages):
        builder.open(f"Stage {index}: backbone")
        current = builder.ids(current, index)
        current = builder.chain(stage.backbone, current, index)
        if stage.decision is None:
            builder.open(f"Exit {index}")
            logits = builder.narrowed(builder.chain(stage.exit, current, index), 1)
            results.append(builder.with_ids(logits, index))
        else:
            result, current = builder.exit(stage, tables[index], current, index)
            results.append(result)
    builder.open("Results")
    leaving = builder.merge(results, graph.stages[-1].exit[-1].output)
    return Diagram(graph.name, tuple(builder.sections), entering, leaving, builder.memories)


@dataclass(frozen=True)
class _Buffer:
    """A conditional buffer: its name, what it gives, the verdict that keeps a sample, and its room."""

    name: str
    leaving: str
    keep: int
    samples: int


class _Builder:
    """Adds blocks to sections, stream by stream."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sections: list[Section] = []
        self.memories: dict[str, list[str]] = {}

    def open(self, title: str) -> None:
        self.sections.append(Section(title, ()))

    def add(self, block: Block) -> None:
        section = self.sections[-1]
        self.sections[-1] = replace(section, blocks=(*section.blocks, block))

    def chain(self, layers: Sequence[Layer], current: Stream, stage: int) -> Stream:
        for layer in layers:
            folding = self.folding(layer, current.lanes)
            current = self.narrowed(current, folding.streams_in)
            current = self.layer(layer, folding, current, stage)
        return current

    def folding(self, layer: Layer, lanes: int) -> Folding:
        default = Folding() if isinstance(layer, Convolution | Linear) else Folding(lanes, lanes)
        return self.plan.foldings.get(layer.name, default)

    def layer(self, layer: Layer, folding: Folding, current: Stream, stage: int) -> Stream:
        match layer:
            case Convolution() | Linear():
                return self._products(layer, folding, current, stage)
            case Pooling():
                return self._pooling(layer, folding, current, stage)
            case Requantise():
                shift = layer.input.format.frac - layer.output.format.frac
                return self._requantise(layer, shift, layer.output.format.low, current, stage)
            case Relu() if current.signed:
                return self._requantise(layer, 0, 0, current, stage)
            case Relu():
                # Unsigned words are their own ReLU.
                return current

    def _products(self, layer: Convolution | Linear, folding: Folding, current: Stream, stage: int) -> Stream:
        if layer.weight is None or not np.issubdtype(layer.weight.dtype, np.integer):
            raise FpgaEeError(f"{layer.name} has no integer weights: hardware needs a fixed-point export")
        name = _plain(layer.name)
        bits = sum_bits(layer, current.bits)
        leaving = replace(_stream(f"{name}_sums", layer, folding.coarse_out, stage), bits=bits)
        weights, bias = f"{name}.weights.hex", f"{name}.bias.hex"
        common: dict[str, Parameter] = {
            "FOLDS": layer.output.channels // folding.coarse_out,
            "IN_BITS": current.bits,
            "IN_SIGNED": int(current.signed),
            "WEIGHT_BITS": layer.weight_format.bits,
            "SUM_BITS": bits,
            "WEIGHTS": weights,
            "BIAS": bias,
        }
        banks = (1, 1)
        if isinstance(layer, Convolution) and foldings.needs_window(layer):
            banks = foldings.banks(layer, folding.fine)
            parameters = {
                "LANES_IN": folding.coarse_in,
                "LANES_OUT": folding.coarse_out,
                **_window(layer, folding.coarse_in, banks),
                **common,
            }
            module = "convolution"
        else:
            parameters = {
                "WORDS": folding.coarse_in,
                "LANES": folding.coarse_out,
                "BEATS": current.beats // (layer.output.rows * layer.output.cols),
                **common,
            }
            module = "linear"
        self.memories[weights] = weight_lines(layer, folding.coarse_in, folding.coarse_out, banks)
        self.memories[bias] = bias_lines(layer, folding.coarse_out, bits)
        self.add(
            Block(
                name,
                module,
                parameters,
                {"in": current},
                {"out": leaving},
                note=_note(layer, folding),
                interval=interval(layer, folding),
            )
        )
        return leaving

    def _pooling(self, layer: Pooling, folding: Folding, current: Stream, stage: int) -> Stream:
        name = _plain(layer.name)
        leaving = _stream(f"{name}_words", layer, folding.streams_in, stage)
        parameters = {
            "LANES": current.lanes,
            "BITS": current.bits,
            "SIGNED": int(current.signed),
            **_window(layer, current.lanes, foldings.pooling_banks(layer)),
        }
        self.add(
            Block(
                name,
                "max_pool",
                parameters,
                {"in": current},
                {"out": leaving},
                note=_note(layer, folding),
                interval=interval(layer, folding),
            )
        )
        return leaving

    def _requantise(
        self, layer: Requantise | Relu, shift: int, low: int, current: Stream, stage: int
    ) -> Stream:
        name = _plain(layer.name)
        leaving = _stream(f"{name}_words", layer, current.lanes, stage)
        parameters: dict[str, Parameter] = {
            "LANES": current.lanes,
            "IN_BITS": current.bits,
            "OUT_BITS": leaving.bits,
            "SHIFT": shift,
            "LOW": low,
            "HIGH": layer.output.format.high,
        }
        raw = replace(leaving, name=f"{name}_raw", layer=None)
        self.add(
            Block(
                name,
                "requantise",
                parameters,
                {"in": current},
                {"out": raw},
                note=f"{layer.input.format} -> {layer.output.format}",
                interval=current.beats,
            )
        )
        # A layer with folded filters gives all filters of a position in one burst.
        burst = layer.output.channels // current.lanes
        return self.queue(raw, leaving, max(QUEUE, burst))

    def queue(self, entering: Stream, leaving: Stream, depth: int) -> Stream:
        unmarked = {} if entering.has_last else {"in_last": "1'b1", "out_last": ""}
        self.add(
            Block(
                f"{leaving.name}_queue",
                "stream_fifo",
                {"WIDTH": entering.width, "DEPTH": depth},
                {"in": entering},
                {"out": leaving},
                ports=unmarked,
            )
        )
        return leaving

    def narrowed(self, current: Stream, lanes: int) -> Stream:
        """The same words in beats of another width: joined to a common multiple, then cut."""
        common = lcm(current.lanes, lanes)
        if common != current.lanes:
            current = self._converted(current, "stream_widen", common, common // current.lanes)
        if common != lanes:
            current = self._converted(current, "stream_narrow", lanes, common // lanes)
        return current

    def _converted(self, current: Stream, module: str, lanes: int, factor: int) -> Stream:
        name = f"{current.name}_by_{lanes}"
        words = current.beats * current.lanes
        leaving = replace(current, name=name, lanes=lanes, beats=words // lanes)
        width = min(current.width, leaving.width)
        parameters: dict[str, Parameter] = {"WIDTH": width, "FACTOR": factor}
        self.add(Block(f"{name}_converter", module, parameters, {"in": current}, {"out": leaving}))
        return leaving

    def ids(self, current: Stream, stage: int) -> Stream:
        """Part a stream from its IDs, which wait in a queue for the results."""
        plain = replace(current, name=f"{current.name}_alone", has_id=False)
        fresh, waiting = _ids(f"ids_{stage}_fresh", stage), _ids(f"ids_{stage}", stage)
        parameters: dict[str, Parameter] = {"WIDTH": current.width, "ID_BITS": SAMPLE_ID_BITS}
        self.add(
            Block(f"ids_{stage}_off", "sample_ids", parameters, {"in": current}, {"out": plain, "id": fresh})
        )
        self.queue(fresh, waiting, IN_FLIGHT)
        return plain

    def with_ids(self, logits: Stream, stage: int) -> Stream:
        result = replace(logits, name=f"result_{stage}", has_id=True, layer=None)
        parameters: dict[str, Parameter] = {"WIDTH": logits.width, "ID_BITS": SAMPLE_ID_BITS}
        inputs = {"in": logits, "id": _ids(f"ids_{stage}", stage)}
        self.add(Block(f"ids_{stage}_on", "join_ids", parameters, inputs, {"out": result}))
        return result

    def split(self, current: Stream, name: str, first: str, second: str) -> tuple[Stream, Stream]:
        a, b = (replace(current, name=branch, layer=None) for branch in (first, second))
        unmarked = {} if current.has_last else {"in_last": "1'b1", "a_last": "", "b_last": ""}
        parameters: dict[str, Parameter] = {"WIDTH": current.width}
        outputs = {"a": a, "b": b}
        self.add(Block(name, "stream_split", parameters, {"in": current}, outputs, unmarked))
        return a, b

    def exit(
        self, stage: Stage, tables: DecisionTables, current: Stream, index: int
    ) -> tuple[Stream, Stream]:
        """Split, exit, decision and both buffers; the exit's results and what goes on to the next stage."""
        split = self.plan.foldings.get(f"split.{index}", Folding(current.lanes, current.lanes))
        current = self.narrowed(current, split.streams_in)
        to_exit, to_buffer = self.split(current, f"split_{index}", f"exit_{index}", f"keep_{index}")
        self.open(f"Exit {index}")
        logits = self.narrowed(self.chain(stage.exit, to_exit, index), 1)
        judged, kept = self.split(logits, f"logits_{index}_split", f"judge_{index}", f"logits_{index}")
        verdict = self._decision(stage, tables, judged, index)
        drop, take = self.split(
            verdict, f"verdict_{index}_split", f"verdict_{index}_map", f"verdict_{index}_logits"
        )
        result = self._buffer(
            _Buffer(f"logits_buffer_{index}", f"result_{index}", 1, LOGITS_HELD), kept, take
        )

        self.open(f"Stage {index}: what waits for the exit's verdict")
        buffer = self.plan.foldings.get(f"buffer.{index}", Folding(to_buffer.lanes, to_buffer.lanes))
        to_buffer = self.narrowed(to_buffer, buffer.streams_in)
        waiting = _Buffer(f"buffer_{index}", f"late_{index}", 0, self.plan.buffered)
        return result, self._buffer(waiting, to_buffer, drop)

    def _decision(self, stage: Stage, tables: DecisionTables, judged: Stream, index: int) -> Stream:
        assert stage.decision is not None  # noqa: S101 - the caller has looked
        verdict = Stream(f"verdict_{index}", 1, SAMPLE_ID_BITS + 1, False, 1, index, has_last=False)
        classes = stage.decision.input.channels
        exponentials = f"decision_{index}.exponentials.hex"
        highest = max(tables.exponentials.max(), 0 if tables.weighted is None else tables.weighted.max())
        table_bits = int(highest).bit_length()
        self.memories[exponentials] = table_lines(tables.exponentials, table_bits)
        parameters: dict[str, Parameter] = {
            "BITS": judged.bits,
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
            self.memories[weighted] = table_lines(tables.weighted, table_bits)
            self.memories[bounds] = table_lines(tables.bounds, 32)
            parameters |= {
                "SHIFT": tables.shift,
                "BOUND_ENTRIES": len(tables.bounds),
                "WEIGHTED": weighted,
                "BOUNDS": bounds,
            }
            ports["bound_address"] = "cfg_address"
        criterion = stage.decision.criterion
        self.add(
            Block(
                f"decision_{index}",
                f"exit_decision_{criterion}",
                parameters,
                {"in": judged, "id": _ids(f"ids_{index}", index)},
                {"out": verdict},
                ports,
                note="leave here, or go on?",
                interval=decision_interval(criterion, classes),
            )
        )
        return verdict

    def _buffer(self, buffer: "_Buffer", current: Stream, verdict: Stream) -> Stream:
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
        self.add(
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

    def merge(self, results: Sequence[Stream], logits: FeatureMap) -> Stream:
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
        self.add(
            Block("merge", "exit_merge", parameters, inputs, {"out": leaving}, note=note, interval=count)
        )
        return leaving


def sum_bits(layer: Convolution | Linear, word_bits: int) -> int:
    """Bits of a layer's sums in hardware: those that sums need, and no fewer than one product has."""
    return max(layer.output.format.bits, word_bits + layer.weight_format.bits)


def _stream(name: str, layer: Layer, lanes: int, stage: int) -> Stream:
    format_, beats = layer.output.format, layer.output.words // lanes
    return Stream(name, lanes, format_.bits, format_.signed, beats, stage, layer.name)


def _ids(name: str, stage: int) -> Stream:
    return Stream(name, 1, SAMPLE_ID_BITS, False, 1, stage, has_last=False)


def _window(layer: Convolution | Pooling, lanes: int, banks: tuple[int, int]) -> dict[str, Parameter]:
    window = layer.window
    return {
        "GROUPS": layer.input.channels // lanes,
        "ROWS": layer.input.rows,
        "COLS": layer.input.cols,
        "KERNEL_ROWS": window.kernel[0],
        "KERNEL_COLS": window.kernel[1],
        "STRIDE_ROWS": window.stride[0],
        "STRIDE_COLS": window.stride[1],
        "PAD_TOP": window.padding[0],
        "PAD_LEFT": window.padding[1],
        "OUT_ROWS": layer.output.rows,
        "OUT_COLS": layer.output.cols,
        "BANK_ROWS": banks[0],
        "BANK_COLS": banks[1],
        "SLOTS": foldings.slots(window, banks[0]),
    }


def _note(layer: Layer, folding: Folding) -> str:
    shapes = " -> ".join(f"{m.channels}x{m.rows}x{m.cols} {m.format}" for m in (layer.input, layer.output))
    streams = f"coarse in {folding.coarse_in}, out {folding.coarse_out}, fine {folding.fine}"
    return f"{shapes}; {streams}; {interval(layer, folding)} cycles"


def _plain(name: str) -> str:
    return name.replace(".", "_")
