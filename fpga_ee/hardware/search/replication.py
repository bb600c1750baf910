"""The fastest accelerator whose stages may be built several times.

With k copies of a stage, each of its blocks is k times as large and as fast. So a number of copies is a part
of every option of a stage, and the exact search (``solver.py``) chooses foldings and copies together: as many
copies of the first stage as fit, and up to ``MOST_BEHIND`` of each later one.

The blocks that deal samples out and join results are counted after a design is found. Where they make it too
large, the search runs again with less room.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.folded_design import MOST_COPIES, Design
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.hardware.search.solver import fastest, fits, leanest
from fpga_ee.hardware.search.space_nodes import DesignPoint, SpaceNode, SpaceNodes

MOST_BEHIND = 8
"""Most copies of a later stage that are tried; few samples reach it."""

ROUNDING = 1e-9
"""Relative rounding error of periods that are equal."""

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
        copies: The number of copies of every stage.
        design: The design with its copies.
        resources: Resources of the whole accelerator, with the blocks that the search does not count.
    """

    point: DesignPoint
    copies: tuple[int, ...]
    design: Design
    resources: Resources


def fastest_replicated(space: Space, area: Area, say: Callable[[str], None]) -> ReplicatedDesign:
    """Search all foldings and numbers of copies.

    Args:
        space: The design space with every stage built once.
        area: Counts an accelerator.
        say: Called with a line about the current work.

    Raises:
        FpgaEeError: Nothing fits, even with one copy of every stage.
    """
    # If nothing fits, this raises an error that names the short resources.
    space.fastest()
    most = [_most_copies(space, stage) for stage in range(len(space.graph.stages))]
    nodes = copied(space.nodes, [range(1, copies + 1) for copies in most])
    found = _fitting(space, nodes, area, say)
    if found is None:
        raise FpgaEeError(
            f"no design of {space.graph.name} fits the budget on {space.budget.board.name} with the blocks "
            "around its layers; take a larger share of the board or a larger board"
        )
    say("searching for the fewest LUTs at that speed")
    # Fewer LUTs leave room for wires, also where all DSPs are used.
    point = leanest(nodes, space.budget.capacity, found.point.period)
    assert point is not None  # noqa: S101 - the design that was found is one
    lean = _candidate(space, area, point)
    say("searching for what keeps it from being faster")
    return _explained(space, lean if lean.resources.share(space.budget.capacity) <= 1 else found)


def copied(nodes: SpaceNodes, copies: Sequence[Sequence[int]]) -> SpaceNodes:
    """Make a design space in which every stage is built one of several numbers of times.

    The merge, which all copies share, is built once.

    Args:
        nodes: The design space with every stage built once.
        copies: The numbers of copies of each stage that may be chosen.
    """
    stages = {node.name: None if node.is_shared else node.stage for node in nodes}

    def in_copies(node: SpaceNode) -> SpaceNode:
        options = tuple(
            replace(option, period=option.period / times, resources=option.resources * times, copies=times)
            for times in copies[node.stage]
            for option in node.options
        )
        edges = tuple(replace(edge, is_inside=stages[edge.source] == node.stage) for edge in node.edges)
        return replace(node, options=options, edges=edges)

    def once(node: SpaceNode) -> SpaceNode:
        return replace(node, edges=tuple(replace(edge, is_inside=False) for edge in node.edges))

    return tuple(once(node) if node.is_shared else in_copies(node) for node in nodes)


def _most_copies(space: Space, stage: int) -> int:
    """Find the most copies of a stage that fit with one of every other, up to a limit for later stages."""

    def has_room(copies: int) -> bool:
        numbers = [(copies if index == stage else 1,) for index in range(len(space.graph.stages))]
        return fits(copied(space.nodes, numbers), space.budget.capacity, float("inf"))

    limit = MOST_BEHIND if stage else MOST_COPIES
    return bisect_left(range(2, limit + 1), True, key=lambda copies: not has_room(copies)) + 1


def _candidate(space: Space, area: Area, point: DesignPoint) -> _Candidate:
    foldings = {name: option.folding for name, option in point.options.items() if option.folding}
    of_stages = {node.stage: point.options[node.name].copies for node in space.nodes if not node.is_shared}
    copies = tuple(of_stages[stage] for stage in range(len(space.graph.stages)))
    built = {f"stage.{stage}": times for stage, times in enumerate(copies)}
    design = Design(foldings, space.buffered, built)
    return _Candidate(point, copies, design, area(design))


def _below(period: float) -> float:
    return period * (1 - ROUNDING)


def _fitting(space: Space, nodes: SpaceNodes, area: Area, say: Callable[[str], None]) -> _Candidate | None:
    """Find the fastest design that fits with all blocks that the search does not count."""
    room = left = space.budget.capacity
    options = sum(len(node.options) for node in nodes)
    say(f"searching {options:,} options of foldings and copies")
    while point := fastest(nodes, left):
        found = _candidate(space, area, point)
        if found.resources.share(room) <= 1:
            return found
        say(f"searching {options:,} options again, because {point.period:.5g} cycles a sample do not fit")
        # Where this design needs too much, the room shrinks by the excess, which excludes few other designs.
        rows = zip(*map(astuple, (left, point.resources, found.resources, room)), strict=True)
        left = Resources(
            *(takes - (needs - there) if needs > there else allowed for allowed, takes, needs, there in rows)
        )
        if min(astuple(left)) < 1:
            break
    return None


def _explained(space: Space, found: _Candidate) -> ReplicatedDesign:
    """Add the reasons why a design is not faster."""
    nodes = copied(space.nodes, tuple((times,) for times in found.copies))
    period = found.point.period
    busiest = [name for name, option in found.point.options.items() if option.period > _below(period)]
    short = [
        name
        for name in RESOURCE_NAMES
        if fits(nodes, replace(space.budget.capacity, **{name: ENDLESS}), _below(period))
    ]
    return ReplicatedDesign(found.design, found.copies, period, found.resources, tuple(busiest), tuple(short))
