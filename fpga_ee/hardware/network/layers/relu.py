"""ReLU: negative words become zero."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.rounding import drawn_rounding, rounded_passage, rounding
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

    name: str
    input: FeatureMap
    output: FeatureMap

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
        """True for unsigned words."""
        return not self.input.format.signed

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the larger of each word and 0."""
        (words,) = operands
        return np.maximum(words, 0)

    def widened(self, data: int, sums: int) -> Self:
        """Change the width of the words."""
        return replace(self, input=self.input.with_bits(data), output=self.output.with_bits(data))

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Take the format of the words that enter; unsigned words leave as they enter."""
        (format_,) = entering
        given = replace(self, input=replace(self.input, format=format_))
        return replace(given, output=given.input) if given.passes else given

    def foldings(self) -> list[Folding]:
        """List foldings: as many streams leave as enter."""
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
        """Cycles between two samples: one for each beat."""
        return self.input.words // folding.streams_in

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when rows leave: a beat takes a cycle, and a queue follows. Unsigned words pass at once."""
        (rows,) = entering
        return list(rows) if self.passes else rounded_passage(self.interval(folding), rows)

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer, which takes a beat in every cycle."""
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw a limit at zero; unsigned words need none."""
        (stream,) = entering
        if self.passes:
            return stream
        maps = self.input, self.output
        module = rounding(maps, (0, self.output.format.high), stream)
        return drawn_rounding(drawing, identifier, self.name, maps, module, stream)
