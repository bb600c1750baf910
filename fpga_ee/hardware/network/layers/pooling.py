"""Pooling: the largest word under a window, channel by channel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Self

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.max_pool import COMPARISON, MaxPool
from fpga_ee.hardware.library.sliding_window import Geometry
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.gathering import windows
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.unary import alike_foldings, check_alike, coarse_text, note_of, stream_of
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage, windows_read, worked_on


@dataclass(frozen=True)
class Pooling:
    """The largest word under a window, channel by channel.

    Attributes:
        name: The layer's name in the network.
        input: Its input.
        output: Its output, in the same words.
        window: The window.
    """

    name: str
    input: FeatureMap
    output: FeatureMap
    window: Window

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """Its input."""
        return (self.input,)

    @property
    def weights(self) -> int:
        """No weight."""
        return 0

    @property
    def passes(self) -> bool:
        """False: a pooling is always built."""
        return False

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the largest word under every window; padding is less than all words."""
        (words,) = operands
        largest: Integers = windows(words, self.window, int(np.iinfo(np.int32).min)).max(axis=3)
        return largest

    def widened(self, data: int, sums: int) -> Self:
        """Change the width of the words."""
        return replace(self, input=self.input.with_bits(data), output=self.output.with_bits(data))

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Take the format of the words that enter."""
        (format_,) = entering
        return replace(self, input=replace(self.input, format=format_))

    def foldings(self) -> list[Folding]:
        """List foldings: as many streams leave as enter. The shape decides how many taps are read at once."""
        return alike_foldings(self.input.channels)

    def check_folding(self, folding: Folding) -> None:
        """Refuse streams that do not divide the channels."""
        check_alike(self.name, self.input.channels, folding)

    def folding_at(self, streams: int) -> Folding:
        """Take as many streams as come."""
        return Folding(streams, streams)

    def folding_text(self, folding: Folding) -> str:
        """Write the streams in and out."""
        return coarse_text(folding)

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: the beats that the windows are read in, or the beats that enter."""
        return self._geometry(folding.coarse_in).interval(1)

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when rows leave: the largest words of a window leave after its last beat."""
        (rows,) = entering
        taps = self.window.taps // prod(self._banks)
        written = worked_on(rows, self.input.words // folding.streams_in, 1)
        cycles = self.output.cols * (self.input.channels // folding.coarse_in) * taps
        read = windows_read(self.window.needs(len(written), self.output.rows), written, cycles)
        return [Passage(row.first + taps - 1 + COMPARISON, row.last + COMPARISON) for row in read]

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer, whose window takes beats while it is read."""
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw a window with comparisons."""
        (stream,) = entering
        module = MaxPool(stream.lanes, stream.bits, int(stream.signed), self._geometry(stream.lanes))
        leaving = stream_of(f"{identifier}_words", self.output, folding.streams_in, stream.stage, self.name)
        cycles = module.sample_interval(stream.beats)
        note = note_of(self.input, self.output, folding, cycles)
        drawing.add(Block(identifier, module, {"in": stream}, {"out": leaving}, note=note, interval=cycles))
        return leaving

    @property
    def _banks(self) -> tuple[int, int]:
        return self.window.narrowest_banks(self.input, self.output)

    def _geometry(self, lanes: int) -> Geometry:
        return self.window.geometry(self.input, self.output, lanes, self._banks)
