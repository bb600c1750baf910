"""The design space as a graph: layers and units, the options to build each, and what joins them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.folding import Folding


@dataclass(frozen=True)
class Option:
    """One way to build a layer or a unit.

    Attributes:
        streams_in: Words that it takes per cycle.
        streams_out: Words that it gives per cycle.
        period: Cycles per sample of the whole network: its interval times the share of all samples that
            reach it.
        resources: Its resources, and those of the fork behind it where several read it.
        interval: Cycles between two samples.
        folding: The folding of a layer; None for a unit.
        latency: Cycles that a unit adds to a sample; 0 for a layer.
        copies: Times that it is built, with all of its stage. Period and resources are of all copies.
    """

    streams_in: int
    streams_out: int
    period: float
    resources: Resources
    interval: int
    folding: Folding | None = None
    latency: int = 0
    copies: int = 1


@dataclass(frozen=True)
class Edge:
    """The hardware between a node and a node that it reads.

    Attributes:
        source: Name of the node that is read.
        joined: Resources that join so many output streams to so many input streams; None where the two cannot
            be joined.
        waiting: Words that wait in a queue of the edge, where the reader joins ways of different lengths.
        is_inside: True where both nodes are built as often, because they belong to one stage.
    """

    source: str
    joined: Callable[[int, int], Resources | None]
    waiting: int = 0
    is_inside: bool = True

    def between(self, given: Option, taken: Option) -> Resources | None:
        """Resources of the edge in all copies of its reader; None where the options cannot be joined."""
        if self.is_inside and given.copies != taken.copies:
            return None
        found = self.joined(given.streams_out, taken.streams_in)
        return None if found is None else found * taken.copies


@dataclass(frozen=True)
class SpaceNode:
    """A layer or a unit of the design space.

    Attributes:
        name: Its name.
        stage: The stage that it belongs to; the merge belongs to the last.
        options: The ways to build it, at least one.
        edges: What joins it to the nodes that it reads; none for the entry.
        is_shared: True where the results of all stages pass the node, as they pass the merge.
    """

    name: str
    stage: int
    options: tuple[Option, ...]
    edges: tuple[Edge, ...]
    is_shared: bool = False


SpaceNodes = tuple[SpaceNode, ...]
"""A design space: each node stands behind those that it reads."""


@dataclass(frozen=True)
class DesignPoint:
    """One design of a design space.

    Attributes:
        options: The chosen option of every node, by the node's name.
        period: Cycles per sample that it sustains.
        resources: Its resources, with what joins its nodes.
    """

    options: dict[str, Option]
    period: float
    resources: Resources


def design_point(nodes: SpaceNodes, options: dict[str, Option]) -> DesignPoint:
    """Add up a design.

    Args:
        nodes: The design space.
        options: The option of every node, by name; all neighbours can be joined.
    """
    total = Resources()
    for node in nodes:
        total += options[node.name].resources
        for edge in node.edges:
            total += joined(edge, options, node)
    return DesignPoint(options, max(option.period for option in options.values()), total)


def joined(edge: Edge, options: Mapping[str, Option], reader: SpaceNode) -> Resources:
    """Resources of an edge in a design that its neighbours can be joined in."""
    found = edge.between(options[edge.source], options[reader.name])
    assert found is not None  # noqa: S101 - the caller has chosen neighbours that can be joined
    return found
