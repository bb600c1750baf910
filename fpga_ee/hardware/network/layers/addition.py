"""Addition: the sum of two or more feature maps, for example behind a shortcut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.addition import AdditionModule
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.unary import alike_foldings, check_alike, coarse_text
from fpga_ee.hardware.timing.passages import Passage, together, worked_on


def sum_format(summands: Sequence[FixedPoint]) -> FixedPoint:
    """Give the narrowest format that holds every sum of words of ``summands``, on their finest grid."""
    frac = max(summand.frac for summand in summands)
    least, greatest = (
        sum(end << frac - summand.frac for end, summand in zip(ends, summands, strict=True))
        for ends in ([each.low for each in summands], [each.high for each in summands])
    )
    bits = max((-least - 1).bit_length() if least < 0 else 0, greatest.bit_length()) + 1
    return FixedPoint(bits, signed=True, frac=frac)


@dataclass(frozen=True)
class Addition:
    """The exact sum of feature maps of one shape. Their formats may differ.

    Attributes:
        name: The layer's name in the network.
        inputs: The feature maps that are added, two at least.
        output: Their sum.
    """

    name: str
    inputs: tuple[FeatureMap, ...]
    output: FeatureMap

    @property
    def weights(self) -> int:
        """Number of weights: 0."""
        return 0

    @property
    def passes(self) -> bool:
        """False: an addition never gives its input unchanged."""
        return False

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the sum on the grid of the output."""
        frac = self.output.format.frac
        on_one_grid = [
            words << frac - read.format.frac for words, read in zip(operands, self.inputs, strict=True)
        ]
        total: Integers = sum(on_one_grid[1:], on_one_grid[0])
        return total

    def widened(self, data: int, sums: int) -> Self:
        """Make the addition of the same shapes at other widths."""
        inputs = tuple(read.with_bits(data) for read in self.inputs)
        return replace(self, inputs=inputs, output=self.output.with_bits(sums))

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Make the addition of feature maps in the formats ``entering``. The sum is as wide as they need."""
        inputs = tuple(
            replace(read, format=format_) for read, format_ in zip(self.inputs, entering, strict=True)
        )
        return replace(self, inputs=inputs, output=replace(self.output, format=sum_format(entering)))

    def foldings(self) -> list[Folding]:
        """List the foldings: as many streams out as in."""
        return alike_foldings(self.output.channels)

    def check_folding(self, folding: Folding) -> None:
        """Refuse streams that do not divide the channels."""
        check_alike(self.name, self.output.channels, folding)

    def folding_at(self, streams: int) -> Folding:
        """Give the folding that takes ``streams`` streams, and gives as many."""
        return Folding(streams, streams)

    def folding_text(self, folding: Folding) -> str:
        """Write the streams in and out."""
        return coarse_text(folding)

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples: a beat a cycle."""
        return self.output.words // folding.streams_in

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute the passage of the sums: one beat a cycle, once a beat of every summand is there."""
        adders = len(self.inputs) - 1
        return [row.later(adders) for row in worked_on(together(entering), self.interval(folding), 1)]

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Convert a stream to ``lanes`` words a beat, without a queue."""
        return drawing.in_lanes(stream, lanes)

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw adders of two streams, one behind another."""
        sums, format_ = entering[0], self.inputs[0].format
        last = len(self.inputs) - 1
        for number, (read, stream) in enumerate(zip(self.inputs[1:], entering[1:], strict=True), start=1):
            # The partial sum is as wide as its summands need, and not as wide as any number of its format.
            summed = [each.format for each in self.inputs[: number + 1]]
            before, format_ = format_, sum_format(summed)
            module = AdditionModule(
                lanes=stream.lanes,
                a_bits=sums.bits,
                a_signed=int(sums.signed),
                a_shift=format_.frac - before.frac,
                b_bits=stream.bits,
                b_signed=int(stream.signed),
                b_shift=format_.frac - read.format.frac,
                sum_bits=format_.bits,
            )
            name, layer = (identifier, self.name) if number == last else (f"{identifier}_part_{number}", None)
            leaving = Stream(
                f"{name}_words", stream.lanes, format_.bits, True, stream.beats, stream.stage, layer
            )
            note, cycles = f"{before} + {read.format} -> {format_}", module.sample_interval(stream.beats)
            summands = {"a": sums, "b": stream}
            drawing.add(Block(name, module, summands, {"out": leaving}, note=note, interval=cycles))
            sums = leaving
        return sums
