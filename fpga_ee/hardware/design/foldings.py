"""What a folding means for the modules of the library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from math import ceil
from typing import TypeGuard

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.graph import (
    Convolution,
    HardwareGraph,
    Layer,
    Linear,
    Pooling,
    Relu,
    Requantise,
    Window,
)
from fpga_ee.hardware.network.sample_ids import SAMPLE_ID_BITS

MOST_COPIES = 1000
"""Of a stage: beyond that a top module takes minutes to draw, and no FPGA has room for it."""


@dataclass(frozen=True)
class Plan:
    """How a network is built.

    Attributes:
        foldings: Folding of layers and, as streams, of the units ``split.<i>`` and ``buffer.<i>``, by name.
            What is not named is folded by 1 if it multiplies; else it takes as many streams as it is given.
        buffered: Samples that the conditional buffer behind each stage but the last holds; one number for all
            of them, or one for each.
        copies: How often ``stage.<i>`` is built, with its exit and its buffer; once if it is not named.
    """

    foldings: Mapping[str, Folding]
    buffered: int | tuple[int, ...] = 2
    copies: Mapping[str, int] = field(default_factory=dict)

    def of(self, name: str, streams: int = 1) -> Folding:
        """How a layer or a unit is folded; where the plan does not say, with so many streams in and out."""
        return self.foldings.get(name, Folding(streams, streams))

    def copies_of(self, stage: int) -> int:
        """How often a stage is built."""
        return self.copies.get(f"stage.{stage}", 1)

    def buffered_of(self, stage: int) -> int:
        """Samples that the conditional buffer behind a stage holds."""
        return self.buffered if isinstance(self.buffered, int) else self.buffered[stage]


def check(graph: HardwareGraph, plan: Plan) -> None:
    """Refuse what the library cannot build.

    Raises:
        FpgaEeError: A layer that the library does not have, a folding that does not divide, a name that the
            network does not have, a buffer without room or depth, or a number of copies that cannot be.
    """
    layers = {layer.name: layer for stage in graph.stages for layer in stage.backbone + stage.exit}
    _check_names(graph, plan, set(layers))
    _check_depths(graph, plan)
    _check_copies(graph, plan)
    for layer in layers.values():
        _check_layer(layer, plan.of(layer.name))
    for index, stage in enumerate(graph.stages[:-1]):
        for unit in (f"split.{index}", f"buffer.{index}"):
            _check_unit(unit, plan.of(unit), stage.feature_map.channels)


def feasible(layer: Layer) -> list[Folding]:
    """All foldings of a layer that the library can build.

    Raises:
        FpgaEeError: The library does not have the layer.
    """
    _check_kind(layer)
    match layer:
        case Convolution() | Linear():
            taps = sorted(_banks(layer.window)) if isinstance(layer, Convolution) else [1]
            return [
                Folding(coarse_in, coarse_out, fine=fine)
                for coarse_in, coarse_out, fine in product(
                    divisors(layer.input.channels), divisors(layer.output.channels), taps
                )
            ]
        case Pooling() | Relu() | Requantise():
            return [Folding(coarse, coarse) for coarse in divisors(layer.input.channels)]


def _check_names(graph: HardwareGraph, plan: Plan, layers: set[str]) -> None:
    early = range(len(graph.stages) - 1)
    folded = {f"{unit}.{index}" for index in early for unit in ("split", "buffer")}
    serial = {"merge", *(f"decision.{index}" for index in early)}
    unknown = sorted(set(plan.foldings) - layers - folded - serial)
    if unknown:
        raise FpgaEeError(f"the design folds {unknown[0]}, which {graph.name} does not have")
    for name in sorted(serial & set(plan.foldings)):
        if plan.of(name) != Folding():
            raise FpgaEeError(f"{name} takes one stream and gives one: leave it out of the design")


def _check_copies(graph: HardwareGraph, plan: Plan) -> None:
    for name, copies in plan.copies.items():
        if name not in {f"stage.{index}" for index in range(len(graph.stages))}:
            raise FpgaEeError(
                f"the design copies {name}, which {graph.name} does not have: it has stage.0 to "
                f"stage.{len(graph.stages) - 1}"
            )
        if copies < 1:
            raise FpgaEeError(f"{copies} copies of {name}: a stage must be built once at least")
        if copies > MOST_COPIES:
            raise FpgaEeError(f"{copies:,} copies of {name} fit no FPGA: build {MOST_COPIES:,} at most")


def _check_kind(layer: Layer) -> None:
    if isinstance(layer, Convolution) and layer.groups != 1:
        raise FpgaEeError(
            f"{layer.name} keeps channels apart, or groups of them: the hardware library has no such layer "
            "yet; `fpga-ee hw-estimate` takes it, for fpgaConvNet"
        )


def _check_depths(graph: HardwareGraph, plan: Plan) -> None:
    early = len(graph.stages) - 1
    if isinstance(plan.buffered, tuple) and len(plan.buffered) != early:
        raise FpgaEeError(
            f"the design has {len(plan.buffered)} depths of conditional buffers, but {graph.name} needs "
            f"{early}: give one for each stage but the last, or one number for all"
        )
    for depth in map(plan.buffered_of, range(early)):
        if depth < 1:
            raise FpgaEeError(f"a conditional buffer of {depth} samples deadlocks: it must hold 1 at least")
        if depth > 1 << SAMPLE_ID_BITS:
            raise FpgaEeError(
                f"a conditional buffer of {depth:,} samples is never full, since there are "
                f"{1 << SAMPLE_ID_BITS:,} IDs: give it fewer"
            )


def _check_layer(layer: Layer, folding: Folding) -> None:
    _check_kind(layer)
    if folding.coarse_group != 1:
        raise FpgaEeError(
            f"{layer.name} cannot be folded by coarse group {folding.coarse_group}: it has no groups, give 1"
        )
    if layer.input.channels % folding.coarse_in or layer.output.channels % folding.coarse_out:
        raise FpgaEeError(
            f"{layer.name} cannot be folded by coarse in {folding.coarse_in} and out {folding.coarse_out}: "
            f"they must divide {layer.input.channels} and {layer.output.channels}"
        )
    if not isinstance(layer, Convolution | Linear) and folding.streams_in != folding.streams_out:
        raise FpgaEeError(f"{layer.name} takes as many streams as it gives")
    if isinstance(layer, Convolution):
        banks(layer, folding.fine)


def _check_unit(name: str, folding: Folding, channels: int) -> None:
    streams = folding.streams_in
    if streams != folding.streams_out or channels % streams:
        raise FpgaEeError(
            f"{name} cannot take {streams} streams and give {folding.streams_out}: it gives as many as it "
            f"takes, and they must divide {channels}"
        )


def banks(layer: Convolution, fine: int) -> tuple[int, int]:
    """Rows and columns of taps that are read together for so many parallel taps.

    Raises:
        FpgaEeError: The window cannot be folded so.
    """
    choices = _banks(layer.window)
    if fine not in choices:
        raise FpgaEeError(f"{layer.name}: fine {fine} is not one of {', '.join(map(str, sorted(choices)))}")
    return choices[fine]


def _banks(window: Window) -> dict[int, tuple[int, int]]:
    rows, cols = window.kernel
    return {1: (1, 1), cols: (1, cols), rows: (rows, 1), rows * cols: (rows, cols)}


def pooling_banks(layer: Pooling) -> tuple[int, int]:
    """The narrowest reading of a pooling window that is not slower than writing, else the widest."""
    rows, cols = layer.window.kernel
    positions = layer.input.rows * layer.input.cols
    outputs = layer.output.rows * layer.output.cols
    for choice in ((1, 1), (rows, 1)):
        if outputs * layer.window.taps // (choice[0] * choice[1]) <= positions:
            return choice
    return rows, cols


def slots(window: Window, bank_rows: int) -> int:
    """Rows that a bank must hold so that the next window's rows enter while this one's are read."""
    return ceil(2 * max(window.kernel[0], window.stride[0]) / bank_rows)


def has_window(layer: Convolution | Linear) -> TypeGuard[Convolution]:
    """Whether products read more than one position at a time, or not all of them."""
    return isinstance(layer, Convolution) and layer.window != Window((1, 1))
