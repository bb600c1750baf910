"""Convolution: sums of products under a window."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Self

from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.linear import LinearModule, sum_latency
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.gathering import windows
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.unary import check_coarse, coarse_text, note_of, stream_of
from fpga_ee.hardware.network.layers.weight_memories import (
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
            raise FpgaEeError(
                f"layer {self.name:.60}: {self.groups} groups do not divide {self.input.channels} "
                f"channels and {self.output.channels} filters"
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
        """Compute the sums of products under every window."""
        (words,) = operands
        under = windows(words, self.window, 0)
        weight = streamed(known_integers(self.name, self.weight))
        bias = biases(self.bias, self.output.channels)
        return sums(under.reshape(*under.shape[:3], -1), weight.reshape(len(weight), -1), bias)

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

        The taps are one, a row, a column, or the whole window.
        """
        self._check_groups()
        return [
            Folding(coarse_in, coarse_out, fine=fine)
            for coarse_in, coarse_out, fine in product(
                divisors(self.input.channels), divisors(self.output.channels), sorted(self._banks)
            )
        ]

    def check_folding(self, folding: Folding) -> None:
        """Refuse groups, streams that do not divide, and taps that banks cannot read together."""
        self._check_groups()
        check_coarse(self.name, self.input.channels, self.output.channels, folding)
        if folding.fine not in self._banks:
            choices = ", ".join(map(str, sorted(self._banks)))
            raise FpgaEeError(f"{self.name}: fine {folding.fine} is not one of {choices}")

    def folding_at(self, streams: int) -> Folding:
        """Compute one product in a cycle, for any number of streams."""
        return Folding()

    def folding_text(self, folding: Folding) -> str:
        """Write streams, taps and groups."""
        group = f" group {folding.coarse_group}" if self.groups > 1 else ""
        return f"{coarse_text(folding)} fine {folding.fine}{group}"

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: those of the products, or the beats that enter where they are more."""
        folds = self.output.channels // folding.coarse_out
        if not self.has_window:
            return self.input.words // folding.coarse_in * folds
        geometry = self.window.geometry(self.input, self.output, folding.coarse_in, self._banks[folding.fine])
        return geometry.interval(folds)

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when rows leave: the sums of a window leave while its last beat is held."""
        (rows,) = entering
        beats, folds = self.input.words // folding.coarse_in, self.output.channels // folding.coarse_out
        vector = self.input.channels // folding.coarse_in * (self.window.taps // folding.fine)
        if self.has_window:
            written = worked_on(rows, beats, 1)
            needs = self.window.needs(len(written), self.output.rows)
            read = windows_read(needs, written, self.output.cols * vector * folds)
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
        bits, folds = self.output.format.bits, self.output.channels // folding.coarse_out
        banks = self._banks[folding.fine] if self.has_window else (1, 1)
        lanes = (folding.coarse_in, folding.coarse_out)
        bias_lines = bias_image(identifier, bias, folding.coarse_out, bits)
        weight_lines = weight_image(identifier, weight, lanes, banks, self.weight_format.bits)
        module: LibraryModule
        if self.has_window:
            module = ConvolutionModule(
                lanes_in=folding.coarse_in,
                lanes_out=folding.coarse_out,
                window=self.window.geometry(self.input, self.output, folding.coarse_in, banks),
                folds=folds,
                in_bits=stream.bits,
                in_signed=int(stream.signed),
                weight_bits=self.weight_format.bits,
                sum_bits=bits,
                bias=bias_lines,
                weights=weight_lines,
            )
        else:
            module = LinearModule(
                words=folding.coarse_in,
                lanes=folding.coarse_out,
                beats=stream.beats // self.output.positions,
                folds=folds,
                in_bits=stream.bits,
                in_signed=int(stream.signed),
                weight_bits=self.weight_format.bits,
                sum_bits=bits,
                bias=bias_lines,
                weights=weight_lines,
            )
        leaving = stream_of(f"{identifier}_sums", self.output, folding.coarse_out, stream.stage, self.name)
        cycles = module.sample_interval(stream.beats)
        note = note_of(self.input, self.output, folding, cycles)
        drawing.add(Block(identifier, module, {"in": stream}, {"out": leaving}, note=note, interval=cycles))
        return leaving

    @property
    def _banks(self) -> dict[int, tuple[int, int]]:
        """The rows and columns of taps that banks read together, by the number of taps."""
        rows, cols = self.window.kernel
        return {1: (1, 1), cols: (1, cols), rows: (rows, 1), rows * cols: (rows, cols)}

    def _check_groups(self) -> None:
        if self.groups != 1:
            raise FpgaEeError(
                f"{self.name} keeps channels apart, or groups of them: the hardware library has no such "
                "layer yet; `fpga-ee hw-estimate` takes it, for fpgaConvNet"
            )
