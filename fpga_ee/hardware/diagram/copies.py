"""Stages that are built several times: their samples dealt out in turn, what they give joined again."""

import re
from collections.abc import Sequence
from dataclasses import replace

from fpga_ee.hardware.design.foldings import Plan
from fpga_ee.hardware.diagram.diagram import Block, Parameter, Section, Stream
from fpga_ee.hardware.diagram.drawing import Drawing
from fpga_ee.hardware.network.folding import divisors
from fpga_ee.hardware.network.graph import Convolution, HardwareGraph, Linear
from fpga_ee.hardware.network.sample_ids import SAMPLE_ID_BITS
from fpga_ee.hardware.timing.cycles import interval


def entry_lanes(graph: HardwareGraph, plan: Plan) -> int:
    """Words of a beat of images: the first layer's, or as many more as all copies of the first stage need."""
    stage, words = graph.stages[0], graph.input.words
    lanes = plan.of(stage.backbone[0].name).streams_in
    intervals = [
        interval(layer, plan.of(layer.name))
        for layer in stage.backbone + stage.exit
        if isinstance(layer, Convolution | Linear)
    ]
    # A copy takes no sample faster than beats of the first layer's width come.
    slowest = max(words // lanes, *intervals)
    enough = (n for n in divisors(words) if n % lanes == 0 and words // n * plan.copies_of(0) <= slowest)
    return next(enough, words)


def waiting(drawing: Drawing, current: Stream) -> Stream:
    """A queue for a sample in front of a copy, so that the others have theirs while it works."""
    return drawing.queue(current, replace(current, name=f"{current.name}_waiting"), max(2, current.beats))


def add_copies(
    drawing: Drawing, part: Drawing, copies: int, entering: Stream, leaving: Sequence[Stream]
) -> list[Stream]:
    """Add a stage to a diagram, several times over.

    Args:
        drawing: The diagram.
        part: The stage, drawn once.
        copies: How often it is built.
        entering: The stream that it reads.
        leaving: The streams that it gives, with IDs.

    Returns:
        The streams that all copies give together.
    """
    drawing.memories |= part.memories
    drawing.constants |= part.constants
    if copies == 1:
        drawing.sections += part.sections
        return list(leaving)
    stage, numbers = entering.stage, range(copies)
    drawing.open(f"Stage {stage}", f"samples to its {copies} copies, in turn")
    drawing.add(
        Block(
            f"{entering.name}_distributor",
            "sample_distributor",
            _widths(copies, entering),
            {"in": entering},
            {f"out[{copy}]": _stream(entering, copy) for copy in numbers},
            interval=entering.beats,
        )
    )
    for copy in numbers:
        drawing.sections += [_section(section, copy, copies) for section in part.sections]
    drawing.open(f"Stage {stage}", "what its copies give")
    joined = [replace(stream, name=f"{stream.name}_joined") for stream in leaving]
    for stream, together in zip(leaving, joined, strict=True):
        drawing.add(
            Block(
                f"{stream.name}_collector",
                "sample_collector",
                _widths(copies, stream),
                {f"in[{copy}]": _stream(stream, copy) for copy in numbers},
                {"out": together},
                interval=stream.beats + copies - 1,
            )
        )
    return joined


def original(name: str) -> str:
    """Name of the block that a block is a copy of; its own name where it is none."""
    return re.sub(r"_copy_\d+$", "", name)


def _widths(copies: int, stream: Stream) -> dict[str, Parameter]:
    return {"COPIES": copies, "WIDTH": stream.width, "ID_BITS": SAMPLE_ID_BITS}


def _section(section: Section, copy: int, copies: int) -> Section:
    blocks = tuple(_block(block, copy, copies) for block in section.blocks)
    return replace(section, blocks=blocks, copy=copy)


def _block(block: Block, copy: int, copies: int) -> Block:
    inputs, outputs = (
        {prefix: _stream(stream, copy) for prefix, stream in streams.items()}
        for streams in (block.inputs, block.outputs)
    )
    return replace(block, name=_name(block.name, copy), inputs=inputs, outputs=outputs, copies=copies)


def _stream(stream: Stream, copy: int) -> Stream:
    return replace(stream, name=_name(stream.name, copy), copy=copy)


def _name(name: str, copy: int) -> str:
    return f"{name}_copy_{copy}"
