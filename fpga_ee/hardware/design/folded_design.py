"""The design of an accelerator: how each layer and unit is built. The library refuses some designs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.sample_ids import check_depth

MOST_COPIES = 1000
"""Most copies of a stage. With more, a top module takes minutes to draw, and no FPGA has room for it."""


@dataclass(frozen=True)
class Design:
    """The design of an accelerator: a folding for every layer and unit, depths and copies.

    Attributes:
        foldings: Foldings of layers, and of the units ``split.<i>`` and ``buffer.<i>`` as streams, by name. A
            layer without one is folded by 1 if it multiplies; otherwise it takes as many streams as come.
        buffered: Samples that the conditional buffer after each stage but the last holds: one number for all
            buffers, or one for each.
        copies: Copies of ``stage.<i>``, with its exit and its buffer; 1 where it is not named.
    """

    foldings: Mapping[str, Folding]
    buffered: int | tuple[int, ...] = 2
    copies: Mapping[str, int] = field(default_factory=dict)

    def of(self, name: str, streams: int = 1) -> Folding:
        """Give the folding of a layer or a unit; ``streams`` in and out where the design does not name it."""
        return self.foldings.get(name, Folding(streams, streams))

    def folding(self, layer: Layer, streams: int) -> Folding:
        """Give the folding of a layer; the choice of its kind where the design does not name it."""
        return self.foldings.get(layer.name) or layer.folding_at(streams)

    def copies_of(self, stage: int) -> int:
        """Give the number of copies of a stage."""
        return self.copies.get(f"stage.{stage}", 1)

    def buffered_of(self, stage: int) -> int:
        """Give the number of samples that the conditional buffer after a stage holds."""
        return self.buffered if isinstance(self.buffered, int) else self.buffered[stage]


def check(graph: HardwareGraph, design: Design) -> None:
    """Refuse a design that the library cannot build.

    Raises:
        FpgaEeError: The library lacks a layer, streams do not divide channels, the network lacks a name, a
            buffer has no depth or too many slots, or a number of copies is out of its range.
    """
    _check_names(graph, design)
    _check_depths(graph, design)
    _check_copies(graph, design)
    for layer in graph.layers:
        layer.check_folding(design.of(layer.name))
    for index, stage in enumerate(graph.stages[:-1]):
        for unit in (f"split.{index}", f"buffer.{index}"):
            _check_unit(unit, design.of(unit), stage.feature_map.channels)


def _check_names(graph: HardwareGraph, design: Design) -> None:
    early = range(len(graph.stages) - 1)
    layers = {layer.name for layer in graph.layers}
    folded = {f"{unit}.{index}" for index in early for unit in ("split", "buffer")}
    serial = {"merge", *(f"decision.{index}" for index in early)}
    unknown = sorted(set(design.foldings) - layers - folded - serial)
    if unknown:
        raise FpgaEeError(f"the design folds {unknown[0]}, which {graph.name} does not have")
    for name in sorted(serial & set(design.foldings)):
        if design.of(name) != Folding():
            raise FpgaEeError(f"{name} takes one stream and gives one: leave it out of the design")


def _check_copies(graph: HardwareGraph, design: Design) -> None:
    for name, copies in design.copies.items():
        if name not in {f"stage.{index}" for index in range(len(graph.stages))}:
            raise FpgaEeError(
                f"the design copies {name}, which {graph.name} does not have: it has stage.0 to "
                f"stage.{len(graph.stages) - 1}"
            )
        if copies < 1:
            raise FpgaEeError(f"{copies} copies of {name}: a stage must be built at least once")
        if copies > MOST_COPIES:
            raise FpgaEeError(f"{copies:,} copies of {name} fit no FPGA: build at most {MOST_COPIES:,}")


def _check_depths(graph: HardwareGraph, design: Design) -> None:
    early = len(graph.stages) - 1
    if isinstance(design.buffered, tuple) and len(design.buffered) != early:
        raise FpgaEeError(
            f"the design has {len(design.buffered)} depths of conditional buffers, but {graph.name} needs "
            f"{early}: give one for each stage but the last, or one number for all"
        )
    for depth in map(design.buffered_of, range(early)):
        check_depth(depth)


def _check_unit(name: str, folding: Folding, channels: int) -> None:
    streams = folding.streams_in
    if streams != folding.streams_out or channels % streams:
        raise FpgaEeError(
            f"{name} cannot take {streams} streams and give {folding.streams_out}: it gives as many as it "
            f"takes, and they must divide {channels}"
        )
