"""The design space as a tree: layers and units with the options to build each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.folding import Folding

Costs = NDArray[np.int64]


@dataclass(frozen=True)
class Option:
    """One way to build a layer or a unit.

    Attributes:
        streams_in: Words that it takes per cycle.
        streams_out: Words that it gives per cycle.
        period: Cycles per sample of the whole network: the interval times the share of all samples that reach
            the layer or unit.
        resources: Its resources.
        interval: Cycles between two samples.
        folding: The folding of a layer; None for a unit.
        latency: Cycles that a unit adds to a sample; 0 for a layer.
    """

    streams_in: int
    streams_out: int
    period: float
    resources: Resources
    interval: int
    folding: Folding | None = None
    latency: int = 0


@dataclass(frozen=True)
class SpaceNode:
    """A layer or a unit of the design space, and the nodes that read its output.

    Attributes:
        name: Its name.
        stage: The stage that it belongs to; the merge belongs to the last.
        options: The ways to build it.
        converter: Resources that join a number of a parent's output streams to a number of input streams. At
            the
            root they join the input streams to the one stream outside.
        children: The nodes that read its output.
        is_shared: True where the results of all stages pass the node, as they pass the merge.
    """

    name: str
    stage: int
    options: tuple[Option, ...]
    converter: Callable[[int, int], Resources]
    children: tuple["SpaceNode", ...] = ()
    is_shared: bool = False

    def walk(self) -> Iterator["SpaceNode"]:
        """Go through this node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @cached_property
    def costs(self) -> list[tuple[Option, Costs]]:
        """All options, each with its resources as an array."""
        return [(option, costs_of(option.resources)) for option in self.options]

    @cached_property
    def periods(self) -> list[float]:
        """All periods that a design can have, ascending."""
        return sorted({option.period for node in self.walk() for option in node.options})


@dataclass(frozen=True)
class DesignPoint:
    """One design of a design space, as a search finds it.

    Attributes:
        period: Cycles per sample that it sustains.
        resources: Its resources, converters included.
        options: The chosen option of every node, by the node's name.
    """

    period: float
    resources: Resources
    options: dict[str, Option]


def costs_of(resources: Resources) -> Costs:
    """Write resources as an array: LUT, FF, DSP, BRAM."""
    return np.array((resources.lut, resources.ff, resources.dsp, resources.bram), dtype=np.int64)
