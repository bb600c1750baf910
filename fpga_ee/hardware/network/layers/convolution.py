"""Convolution: sums of products under a window."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import NamedError
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.grouped_convolution import GroupedConvolution
from fpga_ee.hardware.library.grouped_linear import GroupedLinear
from fpga_ee.hardware.library.linear import LinearModule, sum_latency
from fpga_ee.hardware.library.sliding_window import Geometry
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.gathering import windows
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.unary import check_coarse, coarse_text, note_of, stream_of
from fpga_ee.hardware.network.layers.weight_memories import (
    Line,
    bias_image,
    biases,
    known_integers,
    streamed,
    sum_bits,
    sums,
    weight_image,
)
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, windows_read, worked_on


@dataclass(frozen=True)
class Convolution:
    """Sums of products under a window.

    Attributes:
        name: The layer's name in the network, such as ``backbone.0.layer.0``.
        input: The feature map that it reads.
        output: The feature map that it gives: accumulators, before any requantisation.
        window: The window.
        weight_format: Format of the weights.
        bias_format: Format of the bias; None where the layer has none.
        groups: Number of groups of input channels and filters.
        weight: Integer weights, [filters, channels / groups, rows, cols]; None where only the shape is known.
        bias: Integer bias, [filters]; None where there is none, or only the shape is known.
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
        """Check the groups.

        Raises:
            FpgaEeError: The groups do not divide channels and filters.
        """
        if self.groups < 1 or self.input.channels % self.groups or self.output.channels % self.groups:
            raise NamedError(
                f"layer {self.name:.60}",
                f": {self.groups} groups do not divide {self.input.channels} "
                f"channels and {self.output.channels} filters",
            )

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """Its input."""
        return (self.input,)

    @property
    def weights(self) -> int:
        """Number of weights of all filters."""
        return self.output.channels * (self.input.channels // self.groups) * self.window.taps

    @property
    def passes(self) -> bool:
        """False: a convolution changes its input."""
        return False

    @property
    def has_window(self) -> bool:
        """True where the layer reads several positions at a time, or not every position."""
        return self.window != Window((1, 1))

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the sums of products under every window, group by group."""
        (words,) = operands
        under = np.split(windows(words, self.window, 0), self.groups, axis=-1)
        weight = np.split(streamed(known_integers(self.name, self.weight)), self.groups)
        bias = np.split(biases(self.bias, self.output.channels), self.groups)
        return np.concatenate(
            [
                sums(seen.reshape(*seen.shape[:3], -1), by.reshape(len(by), -1), begun)
                for seen, by, begun in zip(under, weight, bias, strict=True)
            ],
            axis=-1,
        )

    def widened(self, data: int, sums: int) -> Self:
        """Change the widths, and drop weights and bias."""
        return replace(
            self,
            input=self.input.with_bits(data),
            output=self.output.with_bits(sums),
            weight_format=replace(self.weight_format, bits=data),
            bias_format=self.bias_format and replace(self.bias_format, bits=data),
            weight=None,
            bias=None,
        )

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Give sums the width that hardware gives them."""
        (format_,) = entering
        bits = sum_bits(self.output.format, format_.bits, self.weight_format.bits)
        return replace(self, input=replace(self.input, format=format_), output=self.output.with_bits(bits))

    def foldings(self) -> list[Folding]:
        """List foldings: streams that divide channels and filters, and taps that banks can read together.

        The taps are one, a row, a column, or the whole window. Several groups at once have all of their
        channels and filters at once, because streams go channel by channel.
        """
        channels, filters = self._of_group
        within = [(*coarse, 1) for coarse in product(divisors(channels), divisors(filters))]
        at_once = [(channels, filters, groups) for groups in divisors(self.groups)[1:]]
        return [Folding(*coarse, fine) for coarse in (*within, *at_once) for fine in sorted(self._banks)]

    def check_folding(self, folding: Folding) -> None:
        """Refuse streams that do not divide, and taps that banks cannot read together."""
        channels, filters = self._of_group
        check_coarse(self.name, channels, filters, self.groups, folding)
        whole = (folding.coarse_in, folding.coarse_out) == (channels, filters)
        if folding.coarse_group > 1 and not whole:
            raise NamedError(
                self.name,
                f" cannot be folded by coarse group {folding.coarse_group} with coarse in "
                f"{folding.coarse_in} and out {folding.coarse_out}: several groups at once have all of their "
                f"{channels} channels and {filters} filters at once; `fpga-ee hw-estimate --target rtl` "
                "finds such foldings",
            )
        if folding.fine not in self._banks:
            choices = ", ".join(map(str, sorted(self._banks)))
            raise NamedError(self.name, f": fine {folding.fine} is not one of {choices}")

    def folding_at(self, streams: int) -> Folding:
        """Compute one product in a cycle, for any number of streams."""
        return Folding()

    def folding_text(self, folding: Folding) -> str:
        """Write streams, taps and groups."""
        group = f" group {folding.coarse_group}" if self.groups > 1 else ""
        return f"{coarse_text(folding)} fine {folding.fine}{group}"

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: those of the products, or the beats that enter where they are more."""
        if not self.has_window:
            return self.input.words // folding.streams_in * self._folds(folding)
        return self._geometry(folding).interval(self._folds(folding))

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when rows leave: the sums of a window leave while its last beat is held."""
        (rows,) = entering
        beats, folds = self.input.words // folding.streams_in, self._folds(folding)
        reads = self.window.taps // folding.fine
        vector = self._of_group[0] // folding.coarse_in * reads
        if self.has_window:
            written = worked_on(rows, beats, 1)
            needs = self.window.needs(len(written), self.output.rows)
            position = self.input.channels // folding.streams_in * reads
            read = windows_read(needs, written, self.output.cols * position * folds)
        else:
            read = worked_on(rows, beats, folds)
        delay = sum_latency(folding.fine * folding.coarse_in)
        return [Passage(row.first + (vector - 1) * folds + delay, row.last + delay) for row in read]

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer.

        A window takes beats while it is read; other layers hold a beat for all folds.
        """
        return drawing.in_lanes(stream, lanes) if self.has_window else drawing.gathered(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw a convolution, or a linear layer of every position where there is no window."""
        (stream,) = entering
        weight = streamed(known_integers(self.name, self.weight))
        bias = biases(self.bias, self.output.channels)
        banks = self._banks[folding.fine]
        line = Line(folding.coarse_in, folding.coarse_out, banks, folding.coarse_group)
        module = self._module(
            folding,
            stream,
            bias_image(identifier, bias, folding.streams_out, self.output.format.bits),
            weight_image(identifier, weight, self.groups, line, self.weight_format.bits),
        )
        leaving = stream_of(f"{identifier}_sums", self.output, folding.streams_out, stream.stage, self.name)
        cycles = module.sample_interval(stream.beats)
        note = note_of(self.input, self.output, folding, cycles)
        drawing.add(Block(identifier, module, {"in": stream}, {"out": leaving}, note=note, interval=cycles))
        return leaving

    @property
    def _banks(self) -> dict[int, tuple[int, int]]:
        """The rows and columns of taps that banks read together, by the number of taps."""
        rows, cols = self.window.kernel
        return {1: (1, 1), cols: (1, cols), rows: (rows, 1), rows * cols: (rows, cols)}

    @property
    def _of_group(self) -> tuple[int, int]:
        """Channels and filters of a group."""
        return self.input.channels // self.groups, self.output.channels // self.groups

    def _folds(self, folding: Folding) -> int:
        """Parts of a group's filters that are computed one after another."""
        return self._of_group[1] // folding.coarse_out

    def _geometry(self, folding: Folding) -> Geometry:
        banks = self._banks[folding.fine]
        return self.window.geometry(self.input, self.output, folding.streams_in, banks)

    def _module(
        self, folding: Folding, stream: Stream, bias: Image, weights: Image | TopConstant
    ) -> LibraryModule:
        """The module that is the layer: with or without a window, and with or without groups."""
        rounds = self.groups // folding.coarse_group
        folded: dict[str, Any] = {
            "folds": self._folds(folding),
            "in_bits": stream.bits,
            "in_signed": int(stream.signed),
            "weight_bits": self.weight_format.bits,
            "sum_bits": self.output.format.bits,
            "bias": bias,
            "weights": weights,
        }
        if self.groups > 1:
            folded |= {"blocks": folding.coarse_group, "rounds": rounds}
        if self.has_window:
            lanes, window = (folding.coarse_in, folding.coarse_out), self._geometry(folding)
            kind = ConvolutionModule if self.groups == 1 else GroupedConvolution
            return kind(lanes_in=lanes[0], lanes_out=lanes[1], window=window, **folded)
        beats = stream.beats // self.output.positions // rounds
        of_position = LinearModule if self.groups == 1 else GroupedLinear
        return of_position(words=folding.coarse_in, lanes=folding.coarse_out, beats=beats, **folded)
