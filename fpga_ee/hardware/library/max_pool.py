"""``max_pool.sv``: the largest word under a window, channel by channel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from fpga_ee.hardware.bit_widths import counter_bits
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.sliding_window import Geometry, SlidingWindow
from fpga_ee.hardware.timing.passages import WINDOW_READ
from fpga_ee.hardware.timing.pipeline import Pipeline

COMPARISON = 3
"""Cycles from a window's last beat to its largest words."""

_WAITING = 2
"""Results that wait in registers while the next window is read."""


@dataclass(frozen=True)
class MaxPool(LibraryModule):
    """A window, and comparisons of what is under it.

    Attributes:
        lanes: Channels of a beat.
        bits: Bits of a word.
        signed: 1 where words are two's complement.
        window: The window.
    """

    NAME: ClassVar[str] = "max_pool"
    STEP: ClassVar[str] = "window__DOT__step"

    lanes: int
    bits: int
    signed: int
    window: Geometry

    @property
    def latency(self) -> int:
        """Cycles from the last beat of a last row to the largest words of a window of one beat."""
        return WINDOW_READ + COMPARISON

    @property
    def interval(self) -> int:
        """Cycles between two samples."""
        return self.window.interval(1)

    @property
    def window_rows(self) -> int:
        """Rows of its input."""
        return self.window.rows

    def sample_interval(self, beats: int) -> int:
        """Cycles between two samples; how many beats they have is in the window's geometry."""
        return self.interval

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """A machine that holds rows; the largest words of each group leave by themselves."""
        window = self.window
        machine = replace(
            window.machine(window.read_beats),
            silent=window.reads - 1,
            reading=window.read_beats,
            results=window.out_rows * window.out_cols * window.groups,
            waiting=_WAITING,
        )
        # Rows come no faster than they are written.
        return pipeline.at_least(entering.beats).behind(machine, window.out_rows).delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """The window, padded with the least word."""
        least = -(1 << (self.bits - 1)) if self.signed else 0
        yield SlidingWindow(self.lanes, self.bits, self.window, pad_word=least), 1

    def terms(self, family: Family) -> Terms:
        """The largest words so far, those that wait, and comparisons."""
        words = self.lanes * self.bits
        # Which beat of a window, and whether the first or the last; not where there is one.
        counting = 2 + counter_bits(self.window.reads) if self.window.reads > 1 else 0
        return Terms(
            ff=3 * words + 6 + counting,
            fitted={"one": 1, "bit": words, "bit of a tap": words * (self.window.taps - 1)},
        )
