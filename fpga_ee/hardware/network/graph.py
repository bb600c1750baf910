"""The hardware graph: integer layers with shapes, formats and weights, and how stages join them.

This is all that the hardware side knows of a network. It is read from exported files (``readers``), so
nothing here depends on torch or on ONNX.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.identifiers import identifiers
from fpga_ee.errors import FpgaEeError

MOST_SIDE = 1 << 16
"""Channels, rows or columns; four times the widest of published networks."""

MOST_WORDS = 1 << 27
"""Words of a sample: a colour picture of 8K has three quarters."""

MOST_TAPS = 256
"""Rows or columns of a window, of its stride and of its padding; published ones have 31 at most."""

MOST_LAYERS = 2_000
"""Layers of a network, requantisations included; the deepest published networks have half."""

_UNIT = re.compile(r"entry|merge|(stage|split|buffer|decision)\.\d+")
"""Names of what is no layer, in designs and tables."""


@dataclass(frozen=True)
class FeatureMap:
    """What travels between two layers: one sample, in raster order, channels innermost.

    A vector (logits, the output of a linear layer) has one row and one column.

    Attributes:
        channels: Channels, or entries of a vector.
        rows: Height.
        cols: Width.
        format: Fixed-point format of every word.
    """

    channels: int
    rows: int
    cols: int
    format: FixedPoint

    def __post_init__(self) -> None:
        """Check that hardware can count it.

        Raises:
            FpgaEeError: A size is below 1 or beyond counters of 16 bits, or a sample has too many words.
        """
        sizes = (self.channels, self.rows, self.cols)
        if not all(1 <= size <= MOST_SIDE for size in sizes) or self.words > MOST_WORDS:
            raise FpgaEeError(
                f"a feature map of {self.channels} x {self.rows} x {self.cols} words cannot be: each "
                f"size is 1 to {MOST_SIDE:,}, and {MOST_WORDS:,} words are the most"
            )

    @property
    def words(self) -> int:
        """Words of one sample."""
        return self.channels * self.rows * self.cols


@dataclass(frozen=True)
class Window:
    """The window that a convolution or a pooling slides over its input.

    Attributes:
        kernel: Rows and columns of the window.
        stride: Rows and columns it moves by.
        padding: Rows and columns of padding at the top, left, bottom and right.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        """Check that it can slide.

        Raises:
            FpgaEeError: A size is out of its range.
        """
        kernels, strides = (
            all(1 <= size <= MOST_TAPS for size in sizes) for sizes in (self.kernel, self.stride)
        )
        if not (kernels and strides and all(0 <= size <= MOST_TAPS for size in self.padding)):
            raise FpgaEeError(
                f"a window of {list(self.kernel)} with stride {list(self.stride)} and padding "
                f"{list(self.padding)} cannot be: all are {MOST_TAPS} at most, and but for padding 1 at least"
            )

    @property
    def taps(self) -> int:
        """Input positions under the window."""
        return self.kernel[0] * self.kernel[1]

    def padded(self, rows: int, cols: int) -> tuple[int, int]:
        """Rows and columns of an input of that size with its padding."""
        top, left, bottom, right = self.padding
        return rows + top + bottom, cols + left + right

    def output(self, rows: int, cols: int) -> tuple[int, int]:
        """Rows and columns of the output for an input of that size; incomplete windows do not count."""
        padded = self.padded(rows, cols)
        return (
            (padded[0] - self.kernel[0]) // self.stride[0] + 1,
            (padded[1] - self.kernel[1]) // self.stride[1] + 1,
        )


@dataclass(frozen=True)
class Convolution:
    """Sums of products under a window.

    Attributes:
        name: The layer's name in the network, such as ``backbone.0.layer.0``.
        input: Its input.
        output: Its output: accumulators, before any requantisation.
        window: The window.
        weight_format: Format of the weights.
        bias_format: Format of the bias; None where the layer has none.
        groups: Groups that input channels and filters are divided into.
        weight: Weights as integers, [filters, channels / groups, rows, cols]; None where only the shape is
            known.
        bias: Bias as integers, [filters]; None where there is none or it is not known.
    """

    name: str
    input: FeatureMap
    output: FeatureMap
    window: Window
    weight_format: FixedPoint
    bias_format: FixedPoint | None
    groups: int = 1
    weight: NDArray[Any] | None = field(default=None, compare=False, repr=False)
    bias: NDArray[Any] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check its groups.

        Raises:
            FpgaEeError: They do not divide its channels and filters.
        """
        if self.groups < 1 or self.input.channels % self.groups or self.output.channels % self.groups:
            raise FpgaEeError(
                f"layer {self.name:.60}: {self.groups} groups do not divide {self.input.channels} "
                f"channels and {self.output.channels} filters"
            )


@dataclass(frozen=True)
class Pooling:
    """The largest value under a window, channel by channel."""

    name: str
    input: FeatureMap
    output: FeatureMap
    window: Window


@dataclass(frozen=True)
class Relu:
    """Negative words become zero."""

    name: str
    input: FeatureMap
    output: FeatureMap


@dataclass(frozen=True)
class Requantise:
    """Round half to even to the output's format, then saturate."""

    name: str
    input: FeatureMap
    output: FeatureMap


@dataclass(frozen=True)
class Linear:
    """A matrix times the whole input; attributes as of :class:`Convolution`, weight [outputs, words]."""

    name: str
    input: FeatureMap
    output: FeatureMap
    weight_format: FixedPoint
    bias_format: FixedPoint | None
    weight: NDArray[Any] | None = field(default=None, compare=False, repr=False)
    bias: NDArray[Any] | None = field(default=None, compare=False, repr=False)


Layer = Convolution | Pooling | Relu | Requantise | Linear


@dataclass(frozen=True)
class Table:
    """A table of the exit decision.

    Attributes:
        entries: Number of entries.
        bits: Bits of the largest one.
    """

    entries: int
    bits: int

    @staticmethod
    def of(entries: NDArray[np.integer[Any]]) -> "Table":
        """The table that holds these entries."""
        return Table(len(entries), int(np.abs(entries).max()).bit_length())


@dataclass(frozen=True)
class Decision:
    """The exit decision: integers only, on one vector of logits.

    Attributes:
        name: Such as ``decision.0``.
        input: The logits.
        criterion: ``top1`` or ``entropy``.
        tables: Its tables: exp(-d) for top-1; exp(-d), exp(-d) d and the bound on their sum for entropy.
    """

    name: str
    input: FeatureMap
    criterion: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Stage:
    """A backbone part with its exit.

    Attributes:
        backbone: Layers up to the stage's feature map; at least one.
        exit: Layers from the feature map to the logits; at least one.
        decision: Decides whether a sample leaves here; None for the last stage, where all do.
    """

    backbone: tuple[Layer, ...]
    exit: tuple[Layer, ...]
    decision: Decision | None

    @property
    def feature_map(self) -> FeatureMap:
        """What the backbone part hands to the exit and to the next stage."""
        return self.backbone[-1].output


@dataclass(frozen=True)
class HardwareGraph:
    """A whole network: stages in order, a decision in all but the last.

    Attributes:
        name: The network's name.
        stages: Its stages.
        notes: What the file that it was read from does not tell, for the reader of an estimate.
    """

    name: str
    stages: tuple[Stage, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that every layer can be told by its name.

        Raises:
            FpgaEeError: Two layers have one name, a layer has the name of a unit, or there are too many.
        """
        names = [layer.name for stage in self.stages for layer in stage.backbone + stage.exit]
        if len(names) > MOST_LAYERS:
            raise FpgaEeError(f"{self.name} has {len(names):,} layers: {MOST_LAYERS:,} are the most")
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise FpgaEeError(f"{self.name} has two layers of the name {name:.60}: give each its own")
            if _UNIT.fullmatch(name):
                raise FpgaEeError(f"{self.name} has a layer of the name {name}, which a unit has: rename it")
            seen.add(name)

    @property
    def identifiers(self) -> Mapping[str, str]:
        """What layers are called in generated hardware and in names of files, by their names."""
        return identifiers([layer.name for stage in self.stages for layer in stage.backbone + stage.exit])

    @property
    def input(self) -> FeatureMap:
        """The image."""
        return self.stages[0].backbone[0].input


def without_exits(graph: HardwareGraph) -> HardwareGraph:
    """The same backbone with its last exit only: the network that early exits are compared with."""
    backbone = tuple(layer for stage in graph.stages for layer in stage.backbone)
    return HardwareGraph(f"{graph.name} without exits", (Stage(backbone, graph.stages[-1].exit, None),))


def with_widths(graph: HardwareGraph, data: int, accumulator: int) -> HardwareGraph:
    """The same network at other widths, as published designs are estimated at the published widths.

    Args:
        graph: The network.
        data: Bits of activations, weights, biases and logits.
        accumulator: Bits of the sums, up to the requantisation that follows them.

    Returns:
        The network without weights, since these were not rounded to the new width.
    """

    def wide(feature_map: FeatureMap, bits: int = data) -> FeatureMap:
        return replace(feature_map, format=replace(feature_map.format, bits=bits))

    def changed(layer: Layer) -> Layer:
        match layer:
            case Convolution() | Linear():
                return replace(
                    layer,
                    input=wide(layer.input),
                    output=wide(layer.output, accumulator),
                    weight_format=replace(layer.weight_format, bits=data),
                    bias_format=layer.bias_format and replace(layer.bias_format, bits=data),
                    weight=None,
                    bias=None,
                )
            case Requantise():
                return replace(layer, input=wide(layer.input, accumulator), output=wide(layer.output))
            case _:
                return replace(layer, input=wide(layer.input), output=wide(layer.output))

    return HardwareGraph(
        graph.name,
        tuple(
            Stage(
                tuple(changed(layer) for layer in stage.backbone),
                tuple(changed(layer) for layer in stage.exit),
                stage.decision and replace(stage.decision, input=wide(stage.decision.input)),
            )
            for stage in graph.stages
        ),
    )
