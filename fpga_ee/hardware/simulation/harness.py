"""The simulated accelerator as a program: the harness's code for a diagram, its build, and its runs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_BYTES, read_text
from fpga_ee.hardware import library
from fpga_ee.hardware.design.folder import gather
from fpga_ee.hardware.diagram.diagram import Block, Diagram
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.diagram.verilog import LICENCE, TOP, tdata_bits
from fpga_ee.hardware.tools import verilator
from fpga_ee.hardware.tools.compiled import compiled
from fpga_ee.hardware.tools.programs import talking
from fpga_ee.hardware.tools.sources import HARNESS
from fpga_ee.shipped import MISSING

WAVE = "wave.vcd"

_IMAGES, _REPORT = "images.bin", "report.txt"

_COUNT = re.compile("[0-9]+")
"""Matches the lines of a run without errors: each is the number of results so far."""


@dataclass(frozen=True)
class StreamCounts:
    """The traffic of a stream, in cycles, and its state at the end.

    Attributes:
        moved: Cycles in which a beat passed.
        blocked: Cycles in which a beat was offered and not taken.
        empty: Cycles in which nothing was offered.
        valid: True where a beat was offered at the end.
        ready: True where a beat would have been taken at the end.
    """

    moved: int
    blocked: int
    empty: int
    valid: bool
    ready: bool


@dataclass(frozen=True)
class Result:
    """One result of the accelerator.

    Attributes:
        id: The sample's ID.
        exit: Index of its exit.
        label: Its label.
        cycle: The cycle in which its last beat left.
        logits: Its logits.
    """

    id: int
    exit: int
    label: int
    cycle: int
    logits: tuple[int, ...]


@dataclass
class Report:
    """The report of a run of the harness.

    Attributes:
        results: All results, in the order in which they left.
        entered: The cycle in which each sample's first beat entered, by ID.
        traffic: The traffic of every stream, by name.
        busy: Number of cycles in which each multiplying or pooling block worked.
        fill: Most samples that each conditional buffer held.
        reached: IDs of the samples that entered each copy of each stage, in order, by the name of their
            stream.
        captured: Beats of the captured streams, by name.
        cycles: Number of simulated cycles.
        deadlock: The cycle since which nothing moved; None where all results came.
    """

    results: list[Result] = field(default_factory=list)
    entered: dict[int, int] = field(default_factory=dict)
    traffic: dict[str, StreamCounts] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    fill: dict[str, int] = field(default_factory=dict)
    reached: dict[str, list[int]] = field(default_factory=dict)
    captured: dict[str, list[int]] = field(default_factory=dict)
    cycles: int = 0
    deadlock: int | None = None


def build(diagram: Diagram, folder: Path, work: Path, options: Sequence[str] = ()) -> Path:
    """Compile an accelerator with the harness, or take the program that was compiled from the same files.

    Args:
        diagram: The accelerator's diagram.
        folder: The accelerator's files.
        work: An empty folder, for the accelerator's files and the program.
        options: Further options of Verilator.

    Raises:
        FpgaEeError: Files are missing, or Verilator is, or it cannot compile them, or nothing can be written.
    """
    main = HARNESS / "harness.cpp"
    if not main.is_file():
        raise FpgaEeError(f"{main}, which feeds images to an accelerator, is missing: {MISSING}")
    names = gather(folder, work)
    probes, visible = work / "probes.h", work / "probes.vlt"
    probes.write_text(_probes(diagram), encoding="utf-8")
    visible.write_text(_visible(diagram), encoding="utf-8")
    top, program = work / f"{TOP}.sv", work / "program"
    below = [visible, *(work / name for name in names if name != top.name)]
    # The probes lie beside the folder of the program.
    chosen = ["-CFLAGS", "-O1 -I..", *options]
    return compiled(
        [top, *below, probes, main],
        [verilator.version(), *chosen],
        program / f"V{TOP}",
        partial(verilator.build, top, below, main, program, chosen),
    )


@dataclass(frozen=True)
class Run:
    """A call of the program, with the settings of a run.

    Attributes:
        folder: The folder where it runs and reads its memories.
        diagram: The accelerator's diagram.
        stall: Percent of the cycles in which both ends pause.
        seed: Seed of the pauses.
    """

    folder: Path
    diagram: Diagram
    stall: int = 0
    seed: int = 0

    def __call__(
        self,
        program: Path,
        codes: NDArray[np.integer],
        capture: Sequence[int] = (),
        advance: Callable[[int], None] = lambda _: None,
    ) -> Report:
        """Feed images to the accelerator.

        Args:
            program: The program that ``build`` made.
            codes: Images as integers, [N, rows, cols, channels].
            capture: For every copy of every stage, in the order of ``Diagram.entries``: the ordinal of the
                sample
                whose streams are captured there; -1 for none.
            advance: Called with the number of results that came since the last call.

        Raises:
            FpgaEeError: The program fails, or prints anything but numbers of results.
        """
        images, written = program.parent / _IMAGES, program.parent / _REPORT
        images.write_bytes(_beats(codes, self.diagram.entering))
        files = [str(path.resolve()) for path in (program, images, written)]
        numbers = [str(number) for number in (self.stall, self.seed, *capture)]
        command = [*files[:2], str(len(codes)), files[2], *numbers]
        done, said = 0, []
        with talking(command, self.folder) as process:
            assert process.stdout is not None  # noqa: S101 - a talking program has one
            for line in process.stdout:
                if not _COUNT.fullmatch(line.strip()):
                    said.append(line.strip())
                    continue
                advance(int(line) - done)
                done = int(line)
        if said:
            raise FpgaEeError(
                f"the simulation of {self.folder} fails: {' '.join(said)}; generate the accelerator again"
            )
        if process.returncode:
            raise FpgaEeError(f"the simulation of {self.folder} ended with code {process.returncode}")
        return parse(read_text(written, MOST_BYTES))


def parse(text: str) -> Report:
    """Parse a report of the harness."""
    report = Report()
    for line in text.splitlines():
        kind, *words = line.split()
        match kind:
            case "result":
                number, exit_, label, cycle, *logits = map(int, words)
                report.results.append(Result(number, exit_, label, cycle, tuple(logits)))
            case "entered":
                report.entered[int(words[0])] = int(words[1])
            case "stream":
                moved, blocked, empty, valid, ready = map(int, words[1:])
                report.traffic[words[0]] = StreamCounts(moved, blocked, empty, bool(valid), bool(ready))
            case "busy" | "fill":
                counts = report.busy if kind == "busy" else report.fill
                counts[words[0]] = int(words[1])
            case "reached":
                report.reached[words[0]] = [int(word) for word in words[1:]]
            case "capture":
                report.captured.setdefault(words[0], []).append(int(words[1], 16))
            case "cycles":
                report.cycles = int(words[0])
            case "deadlock":
                report.deadlock = int(words[0])
    return report


def _beats(codes: NDArray[np.integer], stream: Stream) -> bytes:
    """Write images as the harness reads them: all beats, with one byte per word, the first lane first."""
    return np.ascontiguousarray(codes.reshape(-1, stream.lanes), dtype=np.uint8).tobytes()


def _probes(diagram: Diagram) -> str:
    """Write the macro that the harness expands for every stream, busy signal, entry and buffer."""
    entering = diagram.entering
    streams = diagram.streams
    busy = [block for block in diagram.blocks if block.module.STEP]
    buffers = _buffers(diagram)
    units = {(entry.stage, entry.copy): index for index, entry in enumerate(diagram.entries)}
    lines = [
        f"STREAM({index}, {stream.name}, {_last(stream)}, {(stream.width + 7) // 8}, "
        f"{units[stream.stage, stream.copy] if stream.layer else 0}, {int(stream.layer is not None)})"
        for index, stream in enumerate(streams)
    ]
    lines += [
        f"BUSY({index}, {block.name}, {block.name}__DOT__{block.module.STEP})"
        for index, block in enumerate(busy)
    ]
    lines += [f"ENTRY({index}, {entry.name})" for index, entry in enumerate(diagram.entries)]
    lines += [f"BUFFER({index}, {block.name})" for index, block in enumerate(buffers)]
    constants = {
        "STREAMS": len(streams),
        "BUSY_BLOCKS": len(busy),
        "BUFFERS": len(buffers),
        "ENTRIES": len(units),
        "IMAGE_BEATS": entering.beats,
        "IMAGE_BYTES": tdata_bits(entering) // 8,
        "LOGIT_BITS": diagram.logit_bits,
        "SLOWEST": max(block.interval for block in diagram.blocks),
    }
    defined = "".join(f"constexpr int {name} = {value};\n" for name, value in constants.items())
    body = " \\\n    ".join(lines)
    return f"{LICENCE}{defined}#define PROBES \\\n    {body}\n"


def _last(stream: Stream) -> str:
    return f"root->{TOP}__DOT__{stream.name}_last" if stream.has_last else "1"


def _buffers(diagram: Diagram) -> list[Block]:
    return [block for block in diagram.blocks if block.module.FILL]


def _visible(diagram: Diagram) -> str:
    """Write Verilator's configuration: it lists the signals that the harness can see."""
    lines = ["`verilator_config"]
    for stream in diagram.streams:
        ends = ["valid", "ready"]
        ends += ["last"] * stream.has_last
        ends += ["data"] * (stream.layer is not None or stream in diagram.entries)
        lines += [f'public_flat_rd -module "{TOP}" -var "{stream.name}_{end}"' for end in ends]
    for name, module in library.modules().items():
        lines += [f'public_flat_rd -module "{name}" -var "{signal}"' for signal in module.VISIBLE]
        # Large modules are compiled once for all of their instances.
        lines += [f'no_inline -module "{name}"'] * module.COMPILED_ONCE
    return "\n".join(lines) + "\n"
