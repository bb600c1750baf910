"""The fastest accelerator whose stages may be built several times.

To build a stage k times makes each of its blocks k times as large and as fast, so the exact search over
foldings (``explore.py``) also finds the best ones for given numbers of copies. Here it does for all of them:
the first stage as often as fits at all, each later one up to ``MOST_BEHIND`` times.

What deals samples out and joins results is not searched but counted once a design is found; a design that it
makes too large is searched again with less room.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import product

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.plan import MOST_COPIES, Plan
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.search.estimate import Space
from fpga_ee.hardware.search.explore import ROUNDING, Block, Design, cheapest, fastest

MOST_BEHIND = 8
"""Copies of a later stage that are tried: few samples reach it."""

LUT_STEP = 1000
"""To how many LUT the leanest of equally fast designs is told."""

ENDLESS = 1 << 30
"""Of a resource, more than any design takes."""

Area = Callable[[Plan], Resources]
"""What all of an accelerator takes, also what deals samples out and joins results."""


@dataclass(frozen=True)
class Replicated:
    """An accelerator whose stages are built several times.

    Attributes:
        plan: How it is built.
        copies: How often every stage is.
        period: Cycles a sample in the long run, while the conditional buffers hold what is late.
        resources: What all of it takes.
        busiest: The parts that a faster design must fold less.
        short: The resources of which the board would need more for these copies to be faster; none where no
            folding is.
    """

    plan: Plan
    copies: tuple[int, ...]
    period: float
    resources: Resources
    busiest: tuple[str, ...]
    short: tuple[str, ...]


@dataclass(frozen=True)
class _Folded:
    """A design of some copies, and what it is with all that the search does not count."""

    design: Design
    plan: Plan
    resources: Resources


def fastest_replicated(
    space: Space, area: Area, start_progress: Callable[[str, int], Callable[[int], None]]
) -> Replicated:
    """Search all numbers of copies.

    Args:
        space: What is searched for each of them: the network, what of the board may be used, ...
        area: Counts an accelerator.
        start_progress: Told of the run.

    Raises:
        FpgaEeError: Nothing fits, even with every stage once.
    """
    # It says what is short where nothing fits.
    space.fastest()
    candidates = _candidates(space)
    advance = start_progress("numbers of copies", len(candidates))
    best: tuple[Sequence[int], _Folded] | None = None
    for copies in candidates:
        period = float("inf") if best is None else best[1].design.period
        found = _faster(space, area, copies, period)
        best = best if found is None else (copies, found)
        advance(1)
    if best is None:
        raise FpgaEeError(
            f"no design of {space.graph.name} fits the budget on {space.budget.board.name} with what is "
            "around its parts; take a larger part of the board or a larger board"
        )
    return _told(space, *best)


def copied(graph: HardwareGraph, once: Block, copies: Sequence[int]) -> Block:
    """A design space with every stage built so often; the merge, which all of them share, once."""
    stages = {layer.name: i for i, stage in enumerate(graph.stages) for layer in stage.layers}

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


def _candidates(space: Space) -> list[tuple[int, ...]]:
    """Numbers of copies, from many to few: so the first that fits is fast, and slower ones are soon told."""
    behind = len(space.graph.stages) - 1

    def fits(first: int) -> bool:
        root = copied(space.graph, space.root, (first, *(1,) * behind))
        return cheapest(root, space.budget.capacity, float("inf")) is not None

    most = bisect_left(range(2, MOST_COPIES + 1), True, key=lambda first: not fits(first)) + 1
    return list(product(range(most, 0, -1), *(range(1, MOST_BEHIND + 1),) * behind))


def _faster(space: Space, area: Area, copies: Sequence[int], period: float) -> _Folded | None:
    """The fastest design of so many copies, and the leanest of these; None where none is below a period."""
    root, room = copied(space.graph, space.root, copies), space.budget.capacity
    if cheapest(root, room, _below(period)) is None:
        return None

    def folded(design: Design) -> _Folded:
        layers = space.graph.layers
        foldings = {layer.name: design.options[layer.name].choice for layer in layers}
        plan = Plan(foldings, space.buffered, {f"stage.{stage}": times for stage, times in enumerate(copies)})
        return _Folded(design, plan, area(plan))

    found = _fitting(root, room, folded)
    if found is None or found.design.period >= period:
        return None
    lean = folded(_leanest(root, room, found.design.period))
    return lean if lean.resources.share(room) <= 1 else found


def _below(period: float) -> float:
    return period * (1 - ROUNDING)


def _fitting(root: Block, room: Resources, folded: Callable[[Design], _Folded]) -> _Folded | None:
    """The fastest design that fits with all that the search does not count."""
    left = room
    while design := fastest(root, left):
        found = folded(design)
        if found.resources.share(room) <= 1:
            return found
        # As much less as this one has too much of, where it has: so this one is out, and little else.
        rows = zip(*map(astuple, (left, design.resources, found.resources, room)), strict=True)
        left = Resources(
            *(takes - (needs - there) if needs > there else allowed for allowed, takes, needs, there in rows)
        )
        if min(astuple(left)) < 1:
            break
    return None


def _leanest(root: Block, room: Resources, period: float) -> Design:
    """The design of a period with the fewest LUT, to ``LUT_STEP``: wires need room where DSP are all used."""
    luts = range(LUT_STEP, room.lut, LUT_STEP)
    index = bisect_left(
        luts, True, key=lambda lut: cheapest(root, replace(room, lut=lut), period) is not None
    )
    found = cheapest(root, replace(room, lut=luts[index]) if index < len(luts) else room, period)
    assert found is not None  # noqa: S101 - there is one with all of the room
    return found


def _told(space: Space, copies: Sequence[int], found: _Folded) -> Replicated:
    """A design, and what keeps it from being faster."""
    root, period = copied(space.graph, space.root, copies), found.design.period
    busiest = [name for name, option in found.design.options.items() if option.period > _below(period)]
    short = [
        name
        for name in RESOURCE_NAMES
        if cheapest(root, replace(space.budget.capacity, **{name: ENDLESS}), _below(period))
    ]
    return Replicated(found.plan, tuple(copies), period, found.resources, tuple(busiest), tuple(short))
