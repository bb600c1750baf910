"""ReLU: negative words become zero."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.rounding import drawn_rounding, rounded_passage
from fpga_ee.hardware.network.layers.unary import alike_foldings, check_alike, coarse_text
from fpga_ee.hardware.timing.passages import Passage


@dataclass(frozen=True)
class Relu:
    """Negative words become zero.

    Attributes:
        name: The layer's name in the network.
        input: Its input.
        output: Its output.
    """

    multiplies: ClassVar[bool] = False

    name: str
    input: FeatureMap
    output: FeatureMap

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """Its input."""
        return (self.input,)

    @property
    def weights(self) -> int:
        """It has none."""
        return 0

    @property
    def passes(self) -> bool:
        """Unsigned words are their own ReLU."""
        return not self.input.format.signed

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """No word below zero."""
        (words,) = operands
        return np.maximum(words, 0)

    def widened(self, data: int, sums: int) -> Self:
        """The same shape at another width."""
        return replace(self, input=self.input.with_bits(data), output=self.output.with_bits(data))

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """It takes the words that enter, and gives unsigned ones as they are."""
        (format_,) = entering
        given = replace(self, input=replace(self.input, format=format_))
        return replace(given, output=given.input) if given.passes else given

    def foldings(self) -> list[Folding]:
        """As many streams out as in."""
        return alike_foldings(self.input.channels)

    def check_folding(self, folding: Folding) -> None:
        """Refuse streams that do not divide the channels."""
        check_alike(self.name, self.input.channels, folding)

    def folding_at(self, streams: int) -> Folding:
        """As many streams as come."""
        return Folding(streams, streams)

    def folding_text(self, folding: Folding) -> str:
        """Streams in and out."""
        return coarse_text(folding)

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: a beat a cycle."""
        return self.input.words // folding.streams_in

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """A beat a cycle, and a queue behind it; unsigned words pass at once."""
        (rows,) = entering
        return list(rows) if self.passes else rounded_passage(self.interval(folding), rows)

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """A beat a cycle."""
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """A limit at zero; nothing for unsigned words."""
        (stream,) = entering
        if self.passes:
            return stream
        return drawn_rounding(drawing, identifier, self.name, (self.input, self.output), 0, stream)
