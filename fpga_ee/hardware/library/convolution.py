"""``convolution.sv``: a window, and sums of products of the words under it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.linear import LinearModule, sum_latency
from fpga_ee.hardware.library.sliding_window import Geometry, SlidingWindow
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.timing.passages import WINDOW_READ
from fpga_ee.hardware.timing.pipeline import Pipeline


@dataclass(frozen=True)
class ConvolutionModule(LibraryModule):
    """A folded convolution with bias.

    Attributes:
        lanes_in: Input channels of a beat.
        lanes_out: Filters that are computed at once.
        window: The window.
        folds: Filters / ``lanes_out``.
        in_bits: Bits of a word.
        in_signed: 1 where words are two's complement.
        weight_bits: Bits of a weight.
        sum_bits: Bits of a sum.
        bias: A line for every fold, as in :class:`LinearModule`.
        weights: A line for every beat of a window and fold; a constant where there is one line.
    """

    NAME: ClassVar[str] = "convolution"
    FROM_TOP: ClassVar[tuple[str, ...]] = ("MULTIPLIER_BITS",)
    STEP: ClassVar[str] = "products__DOT__step"

    lanes_in: int
    lanes_out: int
    window: Geometry
    folds: int
    in_bits: int
    in_signed: int
    weight_bits: int
    sum_bits: int
    bias: Image
    weights: Image | TopConstant

    @property
    def latency(self) -> int:
        """Cycles from the last beat of a window's last row to the first sums, where a window is one beat."""
        return WINDOW_READ + sum_latency(self.window.taps * self.lanes_in)

    @property
    def interval(self) -> int:
        """Cycles between two samples."""
        return self.window.interval(self.folds)

    @property
    def window_rows(self) -> int:
        """Rows of the input."""
        return self.window.rows

    def sample_interval(self, beats: int) -> int:
        """Cycles between two samples. The window's geometry knows their beats."""
        return self.interval

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add a machine that holds rows. The sums of a window leave while its last beat is held."""
        window = self.window
        silent = (self._vector - 1) * self.folds
        machine = replace(window.machine(window.read_beats * self.folds), silent=silent)
        # Rows come no faster than they are written.
        return pipeline.at_least(entering.beats).behind(machine, window.out_rows).delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the window, and the sums of products."""
        yield SlidingWindow(self.lanes_in, self.in_bits, self.window, pad_word=0), 1
        linear = LinearModule(
            words=self.window.taps * self.lanes_in,
            lanes=self.lanes_out,
            beats=self._vector,
            folds=self.folds,
            in_bits=self.in_bits,
            in_signed=self.in_signed,
            weight_bits=self.weight_bits,
            sum_bits=self.sum_bits,
            bias=self.bias,
            weights=self.weights,
        )
        yield linear, 1

    def terms(self, family: Family) -> Terms:
        """Count nothing: all is in the modules inside."""
        return Terms()

    @property
    def _vector(self) -> int:
        """Beats of a window that one sum is of."""
        return self.window.groups * self.window.reads
