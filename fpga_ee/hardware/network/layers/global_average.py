"""Global average: the sum of all words of a channel times one constant, without keeping the feature map.

The constant is 1 / (rows x columns), rounded to an integer on a grid. The layer does not round the product.
The requantisation behind it rounds once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.average import AverageModule, average_latency
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.unary import (
    alike_foldings,
    check_alike,
    coarse_text,
    largest_sum_bits,
    note_of,
    stream_of,
)
from fpga_ee.hardware.timing.passages import Passage, worked_on


@dataclass(frozen=True)
class GlobalAverage:
    """The sum of all words of a channel times a constant.

    Attributes:
        name: The layer's name in the network.
        input: The feature map that it reads.
        output: The feature map that it gives, of one row and column: sums times the constant, before any
            requantisation.
        weight_format: Format of the constant.
        factor: The constant as an integer.
    """

    name: str
    input: FeatureMap
    output: FeatureMap
    weight_format: FixedPoint
    factor: int

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """The feature map that it reads."""
        return (self.input,)

    @property
    def weights(self) -> int:
        """Number of weights in a memory: 0, because all are one constant."""
        return 0

    @property
    def passes(self) -> bool:
        """False: an average is always built."""
        return False

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the sum of every channel, times the constant."""
        (words,) = operands
        averages: Integers = words.sum(axis=(1, 2), keepdims=True) * self.factor
        return averages

    def widened(self, data: int, sums: int) -> Self:
        """Make the average of the same shape at other widths."""
        weight = replace(self.weight_format, bits=data)
        entering, leaving = self.input.with_bits(data), self.output.with_bits(sums)
        return replace(self, input=entering, output=leaving, weight_format=weight)

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Make the average of words in the format ``entering``."""
        (format_,) = entering
        return replace(self, input=replace(self.input, format=format_))

    def foldings(self) -> list[Folding]:
        """List foldings: as many streams leave as enter."""
        return alike_foldings(self.input.channels)

    def check_folding(self, folding: Folding) -> None:
        """Refuse streams that do not divide the channels."""
        check_alike(self.name, self.input.channels, folding)

    def folding_at(self, streams: int) -> Folding:
        """Give the folding that takes ``streams`` streams, and gives as many."""
        return Folding(streams, streams)

    def folding_text(self, folding: Folding) -> str:
        """Write the streams in and out."""
        return coarse_text(folding)

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: a beat a cycle."""
        return self.input.words // folding.streams_in

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when the averages leave: while the last position comes."""
        (rows,) = entering
        read = worked_on(rows, self.interval(folding), 1)
        done = read[-1].last + average_latency(1)
        return [Passage(done - self.input.channels // folding.streams_in, done)]

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer, which takes a beat a cycle."""
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw the average, with one growing sum for every channel."""
        (stream,) = entering
        module = AverageModule(
            lanes=stream.lanes,
            taps=1,
            groups=self.input.channels // stream.lanes,
            beats=self.input.positions,
            bits=stream.bits,
            signed=int(stream.signed),
            sum_bits=largest_sum_bits(self.input.positions, self.input),
            factor=self.factor,
            out_bits=self.output.format.bits,
        )
        leaving = stream_of(f"{identifier}_averages", self.output, stream.lanes, stream.stage, self.name)
        note = note_of(self.input, self.output, folding, stream.beats)
        drawing.add(
            Block(identifier, module, {"in": stream}, {"out": leaving}, note=note, interval=stream.beats)
        )
        return leaving
