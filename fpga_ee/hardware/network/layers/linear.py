"""Linear layer: a matrix times the whole input."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Self

from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.linear import LinearModule, sum_latency
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors
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
from fpga_ee.hardware.timing.passages import Passage, worked_on


@dataclass(frozen=True)
class Linear:
    """A matrix times the whole input. ``Convolution`` explains the attributes; weight is [outputs, words]."""

    name: str
    input: FeatureMap
    output: FeatureMap
    weight_format: FixedPoint
    bias_format: FixedPoint | None
    weight: NDArray[Any] | None = field(default=None, compare=False, repr=False)
    bias: NDArray[Any] | None = field(default=None, compare=False, repr=False)

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """Its input."""
        return (self.input,)

    @property
    def weights(self) -> int:
        """Number of weights of all filters."""
        return self.output.channels * self.input.words

    @property
    def passes(self) -> bool:
        """False: a linear layer changes its input."""
        return False

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the sums of products of the whole input."""
        (words,) = operands
        bias = biases(self.bias, self.output.channels)
        return sums(words.reshape(len(words), 1, 1, -1), self._streamed, bias)

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
        """List foldings: streams that divide channels and outputs."""
        pairs = product(divisors(self.input.channels), divisors(self.output.channels))
        return [Folding(coarse_in, coarse_out) for coarse_in, coarse_out in pairs]

    def check_folding(self, folding: Folding) -> None:
        """Refuse streams that do not divide channels and outputs."""
        check_coarse(self.name, self.input.channels, self.output.channels, 1, folding)

    def folding_at(self, streams: int) -> Folding:
        """Compute one product in a cycle, for any number of streams."""
        return Folding()

    def folding_text(self, folding: Folding) -> str:
        """Write the streams in and out."""
        return coarse_text(folding)

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: every beat is held for all folds."""
        return self.input.words // folding.coarse_in * (self.output.channels // folding.coarse_out)

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when rows leave: all sums leave while the last beat is held."""
        (rows,) = entering
        folds = self.output.channels // folding.coarse_out
        read = worked_on(rows, self.input.words // folding.coarse_in, folds)
        done = read[-1].last + sum_latency(folding.coarse_in)
        return [Passage(done - folds, done)]

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer, which holds a beat for all folds."""
        return drawing.gathered(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw a linear layer of one vector for each sample."""
        (stream,) = entering
        known_integers(self.name, self.weight)
        bits, line = self.output.format.bits, Line(folding.coarse_in, folding.coarse_out)
        # Positions follow one another like taps of a window that is read tap by tap.
        weight = self._streamed.reshape(self.output.channels, 1, 1, -1)
        bias = biases(self.bias, self.output.channels)
        module = LinearModule(
            words=folding.coarse_in,
            lanes=folding.coarse_out,
            beats=stream.beats,
            folds=self.output.channels // folding.coarse_out,
            in_bits=stream.bits,
            in_signed=int(stream.signed),
            weight_bits=self.weight_format.bits,
            sum_bits=bits,
            bias=bias_image(identifier, bias, folding.coarse_out, bits),
            weights=weight_image(identifier, weight, 1, line, self.weight_format.bits),
        )
        leaving = stream_of(f"{identifier}_sums", self.output, folding.coarse_out, stream.stage, self.name)
        cycles = module.sample_interval(stream.beats)
        note = note_of(self.input, self.output, folding, cycles)
        drawing.add(Block(identifier, module, {"in": stream}, {"out": leaving}, note=note, interval=cycles))
        return leaving

    @property
    def _streamed(self) -> Integers:
        """Weights [outputs, words] in the order of streams.

        The file flattens feature maps by channels, and a stream by positions.
        """
        weight = known_integers(self.name, self.weight)
        entering = self.input
        apart = weight.reshape(-1, entering.channels, entering.rows, entering.cols)
        return streamed(apart).reshape(len(weight), -1)
