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
    """A window, and comparisons of the words under it.

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
        """Cycles from the last beat of a window's last row to its largest words, for windows of one beat."""
        return WINDOW_READ + COMPARISON

    @property
    def interval(self) -> int:
        """Cycles between two samples."""
        return self.window.interval(1)

    @property
    def window_rows(self) -> int:
        """Rows of the input."""
        return self.window.rows

    def sample_interval(self, beats: int) -> int:
        """Cycles between two samples. The window's geometry knows their beats."""
        return self.interval

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add a machine that holds rows. The largest words of a window leave while the next one is read."""
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
        """List the window, which is padded with the least word."""
        least = -(1 << (self.bits - 1)) if self.signed else 0
        yield SlidingWindow(self.lanes, self.bits, self.window, pad_word=least), 1

    def terms(self, family: Family) -> Terms:
        """Count the largest words so far, the results that wait, and the comparisons."""
        words = self.lanes * self.bits
        # Counts the beats of a window and marks its first and last. A single beat needs neither.
        counting = 2 + counter_bits(self.window.reads) if self.window.reads > 1 else 0
        return Terms(
            ff=3 * words + 6 + counting,
            fitted={"one": 1, "bit": words, "bit of a tap": words * (self.window.taps - 1)},
        )
