"""A bench for the modules of the library: streams in from files, streams out to files, stalls at random.

Many cases of a module share one bench, because compiling costs more than simulating.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fpga_ee.hardware.diagram.module import LibraryModule, images, parameters
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.tools import sources as library
from fpga_ee.hardware.tools import verilator

BENCH = Path(__file__).parent / "bench"


@dataclass(frozen=True)
class Stream:
    """Beats of a stream: data as integers of ``width`` bits, and which of them are a sample's last."""

    width: int
    data: Sequence[int]
    last: Sequence[bool]


@dataclass(frozen=True)
class Case:
    """A module with its parameters, the streams that enter it and the streams that must leave it.

    Attributes:
        module: Name of the module.
        parameters: Its parameters.
        inputs: Streams in by their port prefix.
        outputs: Streams out by their port prefix, as they must be.
        stall: Percent of the cycles in which each end pauses.
        files: Files that the parameters name, and their lines.
        ports: Connections beside clk, rst and the streams, as Verilog expressions.
        joined: Port prefixes of streams that share one valid and ready with data in other ports:
            prefix -> {port: bits}; the parts are concatenated, the first lowest.
        without_last: Port prefixes of streams of single beats, which have no last.
        any_order: True if samples may leave in any order, each of them whole.
        constants: Further parameters, as Verilog.
        starts: Cycles before the first beat is offered, by port prefix, where it is not offered at once.
    """

    module: str
    parameters: Mapping[str, int | str]
    inputs: Mapping[str, Stream]
    outputs: Mapping[str, Stream]
    stall: int = 0
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ports: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    without_last: Sequence[str] = ()
    any_order: bool = False
    constants: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, int] = field(default_factory=dict)


def configured(module: LibraryModule, **from_top: int) -> dict[str, Any]:
    """Write a module of the library with the parameters of a case, and with parameters of its top module."""
    values = parameters(module)
    numbers = {name: value for name, value in values.items() if isinstance(value, int)}
    files = {name: value.file for name, value in values.items() if isinstance(value, Image)}
    fixed = {name: value.verilog for name, value in values.items() if isinstance(value, TopConstant)}
    assert from_top.keys() <= set(module.FROM_TOP)
    return {
        "module": module.NAME,
        "parameters": numbers | files | from_top,
        "files": {image.file: image.lines for image in images(module)},
        "constants": fixed,
    }


def sorted_samples(beats: Sequence[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """Sort whole samples by their words alone."""
    grouped: list[list[tuple[int, bool]]] = [[]]
    for beat in beats:
        grouped[-1].append(beat)
        if beat[1]:
            grouped.append([])
    return [beat for sample in sorted(grouped) for beat in sample]


def pack(words: Sequence[int], bits: int) -> int:
    """Put words beside each other, the first in the lowest bits."""
    return sum((int(word) & ((1 << bits) - 1)) << (bits * index) for index, word in enumerate(words))


def samples(arrays: Any, lanes: int, bits: int) -> Stream:
    """Cut samples [N, positions..., channels] into beats of ``lanes`` channels."""
    count = len(arrays)
    beats = np.asarray(arrays).reshape(count, -1, lanes)
    data = [pack(beat, bits) for sample in beats for beat in sample]
    last = [index == beats.shape[1] - 1 for _ in range(count) for index in range(beats.shape[1])]
    return Stream(lanes * bits, data, last)


@dataclass(frozen=True)
class Outcome:
    """The beats that entered and left a case.

    Attributes:
        case: The simulated case.
        entered: By port prefix, the cycle in which every beat was taken.
        taken: By port prefix, the cycle, data and last of every beat that left.
        withdrawn: Port prefixes on which an offered beat was withdrawn.
    """

    case: Case
    entered: Mapping[str, list[int]]
    taken: Mapping[str, list[tuple[int, int, bool]]]
    withdrawn: Sequence[str]

    def check(self) -> None:
        """Compare the output with the right one, beat by beat."""
        where = f"{self.case.module} {dict(self.case.parameters)}"
        assert not self.withdrawn, f"{where}: an offered beat was withdrawn on {self.withdrawn[0]}"
        for prefix, expected in self.case.outputs.items():
            found = [(data, last) for _, data, last in self.taken[prefix]]
            wanted = list(zip(expected.data, expected.last, strict=True))
            if self.case.any_order:
                found, wanted = (sorted_samples(beats) for beats in (found, wanted))
            for beat, (has, wants) in enumerate(zip(found, wanted, strict=False)):
                assert has == wants, f"{where}, {prefix}: beat {beat} is {has}, not {wants}"
            assert len(found) == len(wanted), f"{where}, {prefix}: {len(found)} beats, not {len(wanted)}"

    def cycles(self, prefix: str) -> list[int]:
        """List the cycles in which the beats left."""
        return [cycle for cycle, _, _ in self.taken[prefix]]


def simulate(
    cases: Sequence[Case], folder: Path, seed: int = 1, further: Sequence[Path] = ()
) -> list[Outcome]:
    """Simulate all cases in one bench, of modules of the library and of further files."""
    run(cases, folder, seed, further)
    return outcomes(cases, folder)


def run(cases: Sequence[Case], folder: Path, seed: int = 1, further: Sequence[Path] = ()) -> None:
    """Simulate all cases in one bench, and write their outputs into a folder."""
    (folder / "bench.sv").write_text(_bench(cases, folder))
    sources = [*library.modules(), *further, *sorted(BENCH.glob("*.sv"))]
    program = verilator.build(
        folder / "bench.sv", sources, BENCH / "main.cpp", folder / "obj", ["-CFLAGS", "-O0"]
    )
    done = subprocess.run([program, f"+verilator+seed+{seed}"], cwd=folder, check=False)
    # A module that gives too little runs into the limit; its own check tells more.
    assert done.returncode in (0, 1)


def outcomes(cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Read the outputs of all cases of a bench."""
    found = []
    for index, case in enumerate(cases):
        taken: dict[str, list[tuple[int, int, bool]]] = {}
        withdrawn = []
        for prefix in case.outputs:
            lines = [line.split() for line in (folder / f"{index}_{prefix}.txt").read_text().splitlines()]
            withdrawn += [prefix] * (["withdrawn"] in lines)
            beats = [words for words in lines if len(words) == 3]
            taken[prefix] = [(int(cycle), int(data, 16), last == "1") for cycle, last, data in beats]
        entered = {
            prefix: [int(line) for line in (folder / f"{index}_{prefix}.in.txt").read_text().split()]
            for prefix in case.inputs
        }
        found.append(Outcome(case, entered, taken, withdrawn))
    return found


def _bench(cases: Sequence[Case], folder: Path) -> str:
    body = []
    dones = []
    for index, case in enumerate(cases):
        for name, lines in case.files.items():
            (folder / name).write_text("\n".join(lines) + "\n")
        connections = [".clk(clk)", ".rst(rst)"] + [f".{port}({value})" for port, value in case.ports.items()]
        for prefix, stream in case.inputs.items():
            name = f"{index}_{prefix}"
            digits = (stream.width + 4) // 4
            beats = zip(stream.data, stream.last, strict=True)
            (folder / f"{name}.hex").write_text(
                "".join(f"{(last << stream.width) | data:0{digits}x}\n" for data, last in beats)
            )
            body += _wires(name, stream.width)
            body.append(
                f"stream_source #(.WIDTH({stream.width}), .BEATS({len(stream.data)}), .STALL({case.stall}), "
                f".START({case.starts.get(prefix, 0)}), "
                f'.FILE("{name}.hex"), .TAKEN("{name}.in.txt")) '
                f"source_{name} (.clk(clk), .rst(rst), {_ends(name)});"
            )
            connections += _connected(case, prefix, name)
        for prefix, stream in case.outputs.items():
            name = f"{index}_{prefix}"
            body += [*_wires(name, stream.width), f"wire done_{name};"]
            body.append(
                f"stream_sink #(.WIDTH({stream.width}), .BEATS({len(stream.data)}), .STALL({case.stall}), "
                f'.FILE("{name}.txt")) sink_{name} (.clk(clk), .rst(rst), .done(done_{name}), {_ends(name)});'
            )
            if prefix in case.without_last:
                body.append(f"assign last_{name} = 1;")
            connections += _connected(case, prefix, name)
            dones.append(f"done_{name}")
        parameters = ", ".join(
            f'.{name}("{value}")' if isinstance(value, str) else f".{name}({value})"
            for name, value in case.parameters.items()
        )
        parameters += "".join(f", .{name}({value})" for name, value in case.constants.items())
        body.append(f"{case.module} #({parameters}) case_{index} ({', '.join(connections)});")
    inner = "\n    ".join(body)
    return (
        "module bench (input logic clk, input logic rst, output logic done);\n"
        f"    {inner}\n    assign done = {' && '.join(dones)};\nendmodule\n"
    )


def _wires(name: str, width: int) -> list[str]:
    return [f"wire [{width - 1}:0] data_{name};", f"wire last_{name}, valid_{name}, ready_{name};"]


def _ends(name: str) -> str:
    return ", ".join(f".{end}({end}_{name})" for end in ("data", "last", "valid", "ready"))


def _connected(case: Case, prefix: str, name: str) -> list[str]:
    ends = ["valid", "ready"] + ([] if prefix in case.without_last else ["last"])
    connections = [f".{prefix}_{end}({end}_{name})" for end in ends]
    if prefix not in case.joined:
        return [*connections, f".{prefix}_data(data_{name})"]
    low = 0
    for port, bits in case.joined[prefix].items():
        connections.append(f".{prefix}_{port}(data_{name}[{low}+:{bits}])")
        low += bits
    return connections
