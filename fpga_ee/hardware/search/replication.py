"""The fastest accelerator whose stages may be built several times.

With k copies of a stage, each of its blocks is k times as large and as fast. So the exact search over
foldings (``solver.py``) also finds the best foldings for given numbers of copies. This module searches all
numbers: as many copies of the first stage as fit, and up to ``MOST_BEHIND`` of each later one.

The blocks that deal samples out and join results are counted after a design is found. Where they make it too
large, the search runs again with less room.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import product

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.folded_design import MOST_COPIES, Design
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.hardware.search.solver import cheapest, fastest
from fpga_ee.hardware.search.space_nodes import DesignPoint, Edge, SpaceNode, SpaceNodes

MOST_BEHIND = 8
"""Most copies of a later stage that are tried; few samples reach it."""

ROUNDING = 1e-9
"""Relative rounding error of periods that are equal."""

LUT_STEP = 1000
"""Step to which the least LUT count of equally fast designs is known."""

ENDLESS = 1 << 30
"""A capacity of a resource that exceeds the needs of any design."""

Area = Callable[[Design], Resources]
"""Counts a whole accelerator, with the blocks that deal samples out and join results."""


@dataclass(frozen=True)
class ReplicatedDesign:
    """An accelerator whose stages are built several times.

    Attributes:
        design: The design, as ``hw-generate`` takes it.
        copies: The number of copies of every stage.
        period: Cycles per sample in the long run, while the conditional buffers hold all late samples.
        resources: Resources of the whole accelerator.
        busiest: The layers and units that a faster design must fold less.
        short: The resources that the board lacks for a faster design with these copies; none where no folding
            is
            faster.
    """

    design: Design
    copies: tuple[int, ...]
    period: float
    resources: Resources
    busiest: tuple[str, ...]
    short: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    """A design for given numbers of copies.

    Attributes:
        point: The design as the search found it.
        design: The design with its copies.
        resources: Resources of the whole accelerator, with the blocks that the search does not count.
    """

    point: DesignPoint
    design: Design
    resources: Resources


def fastest_replicated(
    space: Space, area: Area, start_progress: Callable[[str, int], Callable[[int], None]]
) -> ReplicatedDesign:
    """Search all numbers of copies.

    Args:
        space: The design space with every stage built once.
        area: Counts an accelerator.
        start_progress: Starts the display of a run's progress.

    Raises:
        FpgaEeError: Nothing fits, even with one copy of every stage.
    """
    # If nothing fits, this raises an error that names the short resources.
    space.fastest()
    candidates = _candidates(space)
    advance = start_progress("numbers of copies", len(candidates))
    best: tuple[Sequence[int], _Candidate] | None = None
    for copies in candidates:
        period = float("inf") if best is None else best[1].point.period
        found = _faster(space, area, copies, period)
        best = best if found is None else (copies, found)
        advance(1)
    if best is None:
        raise FpgaEeError(
            f"no design of {space.graph.name} fits the budget on {space.budget.board.name} with the blocks "
            "around its layers; take a larger share of the board or a larger board"
        )
    return _explained(space, *best)


def copied(nodes: SpaceNodes, copies: Sequence[int]) -> SpaceNodes:
    """Make a design space with several copies of every stage, and one merge, which all of them share.

    Args:
        nodes: The design space with every stage built once.
        copies: The number of copies of each stage.
    """
    return tuple(node if node.is_shared else _copied(node, copies[node.stage]) for node in nodes)


def _copied(node: SpaceNode, times: int) -> SpaceNode:
    options = tuple(
        replace(option, period=option.period / times, resources=option.resources * times)
        for option in node.options
    )
    return replace(node, options=options, edges=tuple(_copied_edge(edge, times) for edge in node.edges))


def _copied_edge(edge: Edge, times: int) -> Edge:
    def joined(given: int, taken: int) -> Resources | None:
        found = edge.joined(given, taken)
        return None if found is None else found * times

    return replace(edge, joined=joined)


def _candidates(space: Space) -> list[tuple[int, ...]]:
    """List numbers of copies, from many to few.

    The first that fits is fast, and slower ones are refused soon.
    """
    behind = len(space.graph.stages) - 1

    def fits(first: int) -> bool:
        nodes = copied(space.nodes, (first, *(1,) * behind))
        return cheapest(nodes, space.budget.capacity, float("inf")) is not None

    most = bisect_left(range(2, MOST_COPIES + 1), True, key=lambda first: not fits(first)) + 1
    return list(product(range(most, 0, -1), *(range(1, MOST_BEHIND + 1),) * behind))


def _faster(space: Space, area: Area, copies: Sequence[int], period: float) -> _Candidate | None:
    """Find the fastest design of given copies, and the leanest of these; None where none beats a period."""
    nodes, room = copied(space.nodes, copies), space.budget.capacity
    if cheapest(nodes, room, _below(period)) is None:
        return None

    def candidate(point: DesignPoint) -> _Candidate:
        foldings = {name: option.folding for name, option in point.options.items() if option.folding}
        design = Design(
            foldings, space.buffered, {f"stage.{stage}": times for stage, times in enumerate(copies)}
        )
        return _Candidate(point, design, area(design))

    found = _fitting(nodes, room, candidate)
    if found is None or found.point.period >= period:
        return None
    lean = candidate(_leanest(nodes, room, found.point.period))
    return lean if lean.resources.share(room) <= 1 else found


def _below(period: float) -> float:
    return period * (1 - ROUNDING)


def _fitting(
    nodes: SpaceNodes, room: Resources, candidate: Callable[[DesignPoint], _Candidate]
) -> _Candidate | None:
    """Find the fastest design that fits with all blocks that the search does not count."""
    left = room
    while point := fastest(nodes, left):
        found = candidate(point)
        if found.resources.share(room) <= 1:
            return found
        # Where this design needs too much, the room shrinks by the excess, which excludes few other designs.
        rows = zip(*map(astuple, (left, point.resources, found.resources, room)), strict=True)
        left = Resources(
            *(takes - (needs - there) if needs > there else allowed for allowed, takes, needs, there in rows)
        )
        if min(astuple(left)) < 1:
            break
    return None


def _leanest(nodes: SpaceNodes, room: Resources, period: float) -> DesignPoint:
    """Find the design of a period with the fewest LUTs, to ``LUT_STEP``.

    Fewer LUTs leave room for wires, also where all DSPs are used.
    """
    luts = range(LUT_STEP, room.lut, LUT_STEP)
    index = bisect_left(
        luts, True, key=lambda lut: cheapest(nodes, replace(room, lut=lut), period) is not None
    )
    found = cheapest(nodes, replace(room, lut=luts[index]) if index < len(luts) else room, period)
    assert found is not None  # noqa: S101 - there is one with all of the room
    return found


def _explained(space: Space, copies: Sequence[int], found: _Candidate) -> ReplicatedDesign:
    """Add the reasons why a design is not faster."""
    nodes, period = copied(space.nodes, copies), found.point.period
    busiest = [name for name, option in found.point.options.items() if option.period > _below(period)]
    short = [
        name
        for name in RESOURCE_NAMES
        if cheapest(nodes, replace(space.budget.capacity, **{name: ENDLESS}), _below(period))
    ]
    return ReplicatedDesign(
        found.design, tuple(copies), period, found.resources, tuple(busiest), tuple(short)
    )
