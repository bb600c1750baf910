"""Requantisation: words rounded half to even to another format, then saturated.

Clips behind a layer are bounds of its requantisation. Rounding never reverses the order of two numbers, so a
clip before it gives the words of a clip behind it whose bounds are rounded too, wherever the bounds lie.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Self

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.requantise_filters import RequantiseFilters, grids
from fpga_ee.hardware.network.drawing import QUEUE_DEPTH, Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.rounding import drawn_rounding, rounded_passage, rounding
from fpga_ee.hardware.network.layers.unary import alike_foldings, check_alike, coarse_text
from fpga_ee.hardware.timing.passages import Passage


@dataclass(frozen=True)
class Requantise:
    """Round half to even to the output's format, then saturate.

    Attributes:
        name: The layer's name in the network.
        input: Its input.
        output: Its output: the same shape in other words.
        lowest: The least value that the clips behind it let pass.
        highest: The greatest.
        coarser: The fractional bits that the sums of each filter have less than the input's format says;
            empty where all have one grid.
    """

    name: str
    input: FeatureMap
    output: FeatureMap
    lowest: float = -inf
    highest: float = inf
    coarser: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check that every filter has a grid.

        Raises:
            FpgaEeError: There are more or fewer grids than filters.
        """
        if self.coarser and len(self.coarser) != self.input.channels:
            raise FpgaEeError(
                f"{self.name:.60} has {self.input.channels} filters, and formats for {len(self.coarser)}; "
                "export again"
            )

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
        """False: a requantisation is always built, even between equal formats."""
        return False

    @property
    def low(self) -> int:
        """The least word that it gives."""
        return self._rounded(self.lowest)

    @property
    def high(self) -> int:
        """The greatest word that it gives."""
        return self._rounded(self.highest)

    def clipped(self, lowest: float, highest: float) -> Self:
        """Add a clip behind those that it has."""
        low, high = (min(max(bound, lowest), highest) for bound in (self.lowest, self.highest))
        return replace(self, lowest=low, highest=high)

    def _rounded(self, bound: float) -> int:
        """Round a bound to a word."""
        format_ = self.output.format
        return round(min(max(bound / format_.scale, format_.low), format_.high))

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Round and saturate words."""
        (words,) = operands
        if self.coarser:
            words = words << np.asarray(self.coarser)
        dropped = self.input.format.frac - self.output.format.frac
        rounded: Integers = np.clip(half_to_even(words, dropped), self.low, self.high)
        return rounded

    def widened(self, data: int, sums: int) -> Self:
        """Change the widths: of the sums that enter and of the words that leave."""
        return replace(self, input=self.input.with_bits(sums), output=self.output.with_bits(data))

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Take the format of the words that enter."""
        (format_,) = entering
        return replace(self, input=replace(self.input, format=format_))

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
        """Compute when rows leave: a beat takes a cycle, and a queue follows."""
        (rows,) = entering
        return rounded_passage(self.interval(folding), rows)

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Join a stream to the layer.

        A layer with folds gives all filters of a position in one burst. A queue holds the burst before it is
        cut into narrower beats.
        """
        if lanes < stream.lanes < self.input.channels:
            burst = self.input.channels // stream.lanes
            queued = replace(stream, base=f"{stream.base}_burst", layer=None)
            stream = drawing.queue(stream, queued, max(QUEUE_DEPTH, burst))
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw the rounding to the output's format, and the limits at its ends or at bounds of clips."""
        (stream,) = entering
        maps = self.input, self.output
        module = self._module(identifier, stream)
        return drawn_rounding(drawing, identifier, self.name, maps, module, stream)

    def _module(self, identifier: str, stream: Stream) -> LibraryModule:
        """The module that is the layer: for filters of one grid, or of their own."""
        module = rounding((self.input, self.output), (self.low, self.high), stream)
        if not self.coarser:
            return module
        turns, coarser = self.input.channels // stream.lanes, grids(f"{identifier}_grids", self.coarser)
        return RequantiseFilters(**asdict(module), turns=turns, coarser=coarser)


def half_to_even(words: Integers, shift: int) -> Integers:
    """Multiply words by 2^-shift, and round half to even."""
    if shift <= 0:
        return words << -shift
    floor = words >> shift
    rest = words - (floor << shift)
    half = 1 << (shift - 1)
    rounded: Integers = floor + ((rest > half) | ((rest == half) & (floor & 1 == 1)))
    return rounded
