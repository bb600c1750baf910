"""The fastest accelerator of a ZC706 whose stages are built several times.

    python benchmarks/copies.py build/B_Lenet_se build/B_Lenet_se/fastest.json

`hw-estimate --target rtl` searches all foldings, but builds every stage once. To build a stage k times makes
each of its blocks k times as large and as fast, so the same exact search also finds the best foldings for
given numbers of copies. Here it does for all of them: the first stage as often as fits at all, later stages
up to MOST_BEHIND times. What deals samples out and joins results is not searched but counted at the end, with
the buffers at the depth that they get; a design that it makes too large is searched again with less room.
Takes minutes.
"""

import sys
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, replace
from itertools import count, product
from pathlib import Path
from typing import Any

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.files import write_json
from fpga_ee.flow.hardware_targets import target_named
from fpga_ee.hardware import platform
from fpga_ee.hardware.explore import Block, Design, cheapest, fastest
from fpga_ee.hardware.graph import HardwareGraph
from fpga_ee.hardware.readers.export import late_rates
from fpga_ee.hardware.resources import Resources
from fpga_ee.hardware.rtl.area.model import diagram_area
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.generate import describe
from fpga_ee.hardware.space import design_space

BOARD = platform.load("zc706")
MOST_BEHIND = 8

BUFFERED = 8
"""Samples a conditional buffer: more than these decisions need, since block RAM is not short."""

USABLE = 0.99
"""Part of the board for what the resource model says, which is less than a percent off."""

Copies = Sequence[int]


def copied(graph: HardwareGraph, once: Block, copies: Copies) -> Block:
    """A design space with every stage built so often; the merge, which all of them share, once."""
    stages = {layer.name: i for i, stage in enumerate(graph.stages) for layer in stage.backbone + stage.exit}

    def visit(block: Block) -> Block:
        unit, _, number = block.name.partition(".")
        stage = stages.get(block.name, int(number) if unit in {"split", "decision", "buffer"} else None)
        times = 1 if stage is None else copies[stage]
        return replace(
            block,
            options=tuple(
                replace(option, period=option.period / times, resources=option.resources * times)
                for option in block.options
            ),
            converter=lambda given, taken: block.converter(given, taken) * times,
            children=tuple(map(visit, block.children)),
        )

    return visit(once)


def plan_of(graph: HardwareGraph, design: Design, copies: Copies) -> Plan:
    """What `hw-generate` takes."""
    layers = [layer for stage in graph.stages for layer in stage.backbone + stage.exit]
    foldings = {layer.name: design.options[layer.name].choice for layer in layers}
    return Plan(foldings, BUFFERED, {f"stage.{stage}": times for stage, times in enumerate(copies)})


def written(plan: Plan) -> dict[str, Any]:
    """A plan as a design file has it."""
    foldings = {name: asdict(folding) for name, folding in plan.foldings.items()}
    return {"foldings": foldings, "buffered": plan.buffered, "copies": dict(plan.copies)}


def fitting(space: Block, room: Resources, whole: Callable[[Design], Resources]) -> Design | None:
    """The fastest design that fits with all that the search does not count."""
    left = room
    while design := fastest(space, left):
        used = whole(design)
        if used.share(room) <= 1:
            return design
        # As much less as this one has too much of, where it has: so this one is out, and little else.
        pairs = zip(astuple(used), astuple(room), strict=True)
        excess = [max(0, needs - there) for needs, there in pairs]
        found = zip(astuple(left), astuple(design.resources), excess, strict=True)
        left = Resources(*(now if not over else takes - over for now, takes, over in found))
        if min(astuple(left)) < 1:
            break
    return None


def leanest(space: Block, room: Resources, period: float) -> Design:
    """The design of a period with the fewest LUT, to a thousand: DSP are all used, and wires need room."""
    luts = range(0, room.lut, 1000)
    index = bisect_left(
        luts, True, key=lambda lut: cheapest(space, replace(room, lut=max(1, lut)), period) is not None
    )
    found = cheapest(space, replace(room, lut=luts[index]) if index < len(luts) else room, period)
    assert found is not None  # noqa: S101 - there is one with all of the room
    return found


def main(build: Path, file: Path) -> None:
    """Search, and write the design."""
    network = target_named("rtl").read(build, None, BOARD)
    graph = network.graph
    rates = late_rates(load_manifest(build))
    once = design_space(graph, rates, network.library, (1,) * len(rates))
    room = Resources(*(int(USABLE * there) for there in astuple(BOARD.resources)))

    def fits(copies: Copies) -> bool:
        return cheapest(copied(graph, once, copies), room, float("inf")) is not None

    most = next(n for n in count(1) if not fits((n, *(1 for _ in graph.stages[1:])))) - 1
    print(f"{graph.name}: the first stage fits up to {most} times", flush=True)
    best = float("inf")
    # From many copies to few: so the first that fits is fast, and what cannot be faster is soon told.
    for copies in product(range(most, 0, -1), *(range(1, MOST_BEHIND + 1) for _ in graph.stages[1:])):
        space = copied(graph, once, copies)
        if cheapest(space, room, best * (1 - 1e-9)) is None:
            continue

        def whole(design: Design, copies: Copies = copies) -> Resources:
            diagram = describe(build, plan_of(graph, design, copies)).diagram
            return sum(diagram_area(diagram).values(), Resources())

        design = fitting(space, room, whole)
        if design is None or design.period >= best:
            continue
        best = design.period
        lean = leanest(space, room, best)
        design = lean if whole(lean).share(room) <= 1 else design
        write_json(file, written(plan_of(graph, design, copies)))
        print(
            f"{' and '.join(map(str, copies))} copies: {best:.1f} cycles a sample, "
            f"{BOARD.clock_mhz * 1e6 / best:,.0f} samples/s, {whole(design)}",
            flush=True,
        )
    print(f"none is faster; the last is in {file}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
