"""Writes a block diagram as SystemVerilog: a top module of instances and streams, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fpga_ee.hardware.diagram.diagram import MULTIPLIER_BITS, Block, Diagram, Ports
from fpga_ee.hardware.diagram.module import LibraryModule, parameters
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

TOP = "accelerator"
"""Name of the top module."""

LICENCE = """\
// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

"""
"""The start of sources that are written for a user, in SystemVerilog and C++; the library has it too."""

_PARAMETERS = f"""\
    // Bits of the wider operand of the FPGA's multipliers: 25 in a DSP48E1 (7-series), 27 in a DSP48E2
    // (UltraScale+), 18 in a MULT18X18D (ECP5). Where two products fit, one multiplier makes both; 0 keeps
    // them apart. No bit of a result depends on it.
    parameter integer {MULTIPLIER_BITS} = 25"""

_PORTS = """\
    input  logic          clk,
    input  logic          rst,           // synchronous, active high

    // Images: {lanes} words of {bits} bits a beat, raster order, channels innermost; tlast on the last
    // beat; tid is read with the first.
    input  logic [{in_high}:0]    s_axis_tdata,
    input  logic [{id_high}:0]   s_axis_tid,
    input  logic          s_axis_tlast,
    input  logic          s_axis_tvalid,
    output logic          s_axis_tready,

    // Results, in the order in which they are ready: {{label, exit index, logit}}, one logit a beat; on the
    // last beat the label is that of the sample.
    output logic [{out_high}:0]   m_axis_tdata,
    output logic [{id_high}:0]   m_axis_tid,
    output logic          m_axis_tlast,
    output logic          m_axis_tvalid,
    input  logic          m_axis_tready,

    // Thresholds: writes one constant of one exit's decision, at any time.
    input  logic          cfg_valid,
    input  logic [7:0]    cfg_exit,
    input  logic [15:0]   cfg_address,   // of the table of bounds; only the entropy rule has more than one
    input  logic [31:0]   cfg_data"""


def top(diagram: Diagram) -> str:
    """Write the top module."""
    entering, leaving = diagram.entering, diagram.leaving
    ports = _PORTS.format(
        lanes=entering.lanes,
        bits=entering.bits,
        in_high=tdata_bits(entering) - 1,
        id_high=SAMPLE_ID_BITS - 1,
        out_high=tdata_bits(leaving) - 1,
    )
    parts = [
        f"{LICENCE}// {diagram.network}: an accelerator of library modules, made by `fpga-ee hw-generate`.",
        f"module {TOP} #(\n{_PARAMETERS}\n) (\n{ports}\n);",
        *_constants(diagram.constants.values()),
        *_input(entering),
    ]
    for section in diagram.sections:
        parts.append(f"    // ---- {section.title} {'-' * (94 - len(section.title))}")
        for block in section.blocks:
            parts += [*_declared(block), *_instance(block)]
    return "\n\n".join(["\n".join(parts[:2]), "\n".join(parts[2:]), "\n".join(_output(leaving))]) + "\n"


def tdata_bits(stream: Stream) -> int:
    """Compute the width of an AXI4-Stream that carries a stream: whole bytes."""
    return (stream.width + 7) // 8 * 8


def _constants(constants: Iterable[TopConstant]) -> Iterator[str]:
    constants = list(constants)
    if constants:
        yield "    // Numbers that never change."
    for constant in constants:
        yield f"    localparam [{constant.width - 1}:0] {constant.name} = {constant.verilog};"
    yield ""


def _input(stream: Stream) -> Iterator[str]:
    yield from _wires(stream)
    yield f"    assign {stream.name}_data = s_axis_tdata[{stream.width - 1}:0];"
    for end, port in (("id", "tid"), ("last", "tlast"), ("valid", "tvalid")):
        yield f"    assign {stream.name}_{end} = s_axis_{port};"
    yield f"    assign s_axis_tready = {stream.name}_ready;"
    yield ""


def _output(stream: Stream) -> Iterator[str]:
    for end, port in (("data", "tdata"), ("id", "tid"), ("last", "tlast"), ("valid", "tvalid")):
        yield f"    assign m_axis_{port} = {stream.name}_{end};"
    yield f"    assign {stream.name}_ready = m_axis_tready;"
    yield "endmodule"


def _declared(block: Block) -> Iterator[str]:
    for stream in block.given:
        yield from _wires(stream)


def _wires(stream: Stream) -> Iterator[str]:
    yield f"    wire [{stream.width - 1}:0] {stream.name}_data;"
    if stream.has_id:
        yield f"    wire [{SAMPLE_ID_BITS - 1}:0] {stream.name}_id;"
    last = f"{stream.name}_last, " if stream.has_last else ""
    yield f"    wire {last}{stream.name}_valid, {stream.name}_ready;"


def _instance(block: Block) -> Iterator[str]:
    if block.note:
        yield f"    // {block.note}"
    yield f"    {block.module.NAME} #("
    yield from _joined(f".{name}({value})" for name, value in _values(block.module))
    yield f"    ) {block.name} ("
    connections = [".clk(clk), .rst(rst)"]
    connections += [*_connections(block.inputs), *_connections(block.outputs)]
    connections += [f".{port}({value})" for port, value in block.ports.items()]
    yield from (f"        {line}," for line in connections[:-1])
    yield f"        {connections[-1]}"
    yield "    );"
    yield ""


def _values(module: LibraryModule) -> Iterator[tuple[str, str]]:
    """List the parameters of an instance with their values. Parameters and constants of the top come last."""
    constants: list[tuple[str, str]] = []
    for name, value in parameters(module).items():
        if isinstance(value, TopConstant):
            constants.append((name, value.name))
        else:
            yield name, _value(value)
    yield from ((name, name) for name in module.FROM_TOP)
    yield from constants


def _connections(streams: Mapping[str, Stream | Ports]) -> Iterator[str]:
    for prefix, stream in streams.items():
        yield from (
            _beside(prefix, stream.streams) if isinstance(stream, Ports) else [_connected(prefix, stream)]
        )


def _joined(words: Iterable[str]) -> Iterator[str]:
    """Put as many words on a line as fit."""
    line = ""
    for word in words:
        if line and len(line) + len(word) > 92:
            yield f"        {line},"
            line = word
        else:
            line = f"{line}, {word}" if line else word
    yield f"        {line}"


def _value(value: int | Image) -> str:
    return f'"{value.file}"' if isinstance(value, Image) else str(value)


def _connected(prefix: str, stream: Stream) -> str:
    return ", ".join(f".{prefix}_{end}({stream.name}_{end})" for end in _ends(stream))


def _beside(prefix: str, streams: Sequence[Stream]) -> Iterator[str]:
    """Connect streams of one kind to ports that hold them all, the first in the lowest bits."""
    for end in _ends(streams[0]):
        names = ", ".join(f"{stream.name}_{end}" for stream in reversed(streams))
        yield f".{prefix}_{end}({{{names}}})"


def _ends(stream: Stream) -> list[str]:
    ends = ["data", "id", "last", "valid", "ready"]
    missing = {"id": stream.has_id, "last": stream.has_last}
    return [end for end in ends if missing.get(end, True)]
