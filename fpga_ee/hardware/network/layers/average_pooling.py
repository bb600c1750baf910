"""Average pooling: the sum of the words under a window times one constant, channel by channel.

The constant is 1 / (words under the window), rounded to an integer on a grid. The layer does not round the
product. The requantisation behind it rounds once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Self

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.average import AverageModule, average_latency
from fpga_ee.hardware.library.sliding_window import SlidingWindow
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.gathering import windows
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.unary import (
    alike_foldings,
    check_alike,
    coarse_text,
    largest_sum_bits,
    note_of,
    stream_of,
)
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, windows_read, worked_on


@dataclass(frozen=True)
class AveragePooling:
    """The sum of the words under a window times a constant, channel by channel. Padding counts as 0.

    Attributes:
        name: The layer's name in the network.
        input: The feature map that it reads.
        output: The feature map that it gives: sums times the constant, before any requantisation.
        window: The window.
        weight_format: Format of the constant.
        factor: The constant as an integer.
    """

    name: str
    input: FeatureMap
    output: FeatureMap
    window: Window
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
        """Compute the sum under every window, times the constant."""
        (words,) = operands
        averages: Integers = windows(words, self.window, 0).sum(axis=3) * self.factor
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
        """Cycles between two samples: beats of the windows, or beats that enter where these are more."""
        return self._window(folding.coarse_in).interval

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when rows leave: an average leaves after the last beat of its window."""
        (rows,) = entering
        together = prod(self._banks)
        taps, delay = self.window.taps // together, average_latency(together)
        written = worked_on(rows, self.input.words // folding.streams_in, 1)
        cycles = self.output.cols * (self.input.channels // folding.coarse_in) * taps
        read = windows_read(self.window.needs(len(written), self.output.rows), written, cycles)
        return [Passage(row.first + taps - 1 + delay, row.last + delay) for row in read]

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer, whose window takes beats while it is read."""
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw a sliding window, and averages of the words under it."""
        (stream,) = entering
        window, lanes, together = self._window(stream.lanes), stream.lanes, prod(self._banks)
        module = AverageModule(
            lanes=lanes,
            taps=together,
            groups=1,
            beats=self.window.taps // together,
            bits=stream.bits,
            signed=int(stream.signed),
            sum_bits=largest_sum_bits(self.window.taps, self.input),
            factor=self.factor,
            out_bits=self.output.format.bits,
        )
        under = replace(
            stream,
            base=f"{identifier}_windows",
            lanes=lanes * together,
            beats=window.window.read_beats,
            layer=None,
        )
        leaving = stream_of(f"{identifier}_averages", self.output, lanes, stream.stage, self.name)
        note = note_of(self.input, self.output, folding, window.interval)
        name = f"{identifier}_window"
        drawing.add(Block(name, window, {"in": stream}, {"out": under}, note=note, interval=window.interval))
        drawing.add(Block(identifier, module, {"in": under}, {"out": leaving}, interval=under.beats))
        return leaving

    @property
    def _banks(self) -> tuple[int, int]:
        return self.window.narrowest_banks(self.input, self.output)

    def _window(self, lanes: int) -> SlidingWindow:
        geometry = self.window.geometry(self.input, self.output, lanes, self._banks)
        return SlidingWindow(lanes, self.input.format.bits, geometry, pad_word=0)
