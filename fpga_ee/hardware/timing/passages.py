"""The cycles in which a sample, and each of its rows, passes a point of a design without other samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WINDOW_READ = 4
"""Cycles from a row's last word to the first window that needs it (``sliding_window.sv``)."""


@dataclass(frozen=True)
class Passage:
    """The cycles in which a sample, or a row of it, passes a point.

    Attributes:
        first: The cycle of its first word.
        last: The cycle after its last word.
    """

    first: int
    last: int

    def later(self, cycles: int) -> "Passage":
        """Move the passage by ``cycles``."""
        return Passage(self.first + cycles, self.last + cycles)


def evenly(first: int, last: int, rows: int) -> list[Passage]:
    """Divide the passage of a sample into its rows, whose words come at a steady pace."""
    starts = [first + (last - first) * row // rows for row in range(rows + 1)]
    return [Passage(start, end) for start, end in pairwise(starts)]


def together(entering: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Compute when each row of several feature maps passes, where a word waits for the same word of all."""
    return [
        Passage(max(row.first for row in rows), max(row.last for row in rows))
        for rows in zip(*entering, strict=True)
    ]


def worked_on(rows: Sequence[Passage], beats: int, cycles: int) -> list[Passage]:
    """Compute when hardware works on each row of a sample; it takes one beat after another.

    It begins a row when it is done with the row before and the first beat is there. It is done when it has
    held every beat for ``cycles``, and the last beat for ``cycles`` from its arrival.

    Args:
        rows: When the rows come.
        beats: Beats of a sample.
        cycles: Cycles for which a beat is held.
    """
    found: list[Passage] = []
    for index, row in enumerate(rows):
        share = beats * (index + 1) // len(rows) - beats * index // len(rows)
        begun = max(row.first, found[-1].last) if found else row.first
        found.append(Passage(begun, max(begun + share * cycles, row.last + cycles - 1)))
    return found


def windows_read(needs: Sequence[int], written: Sequence[Passage], cycles: int) -> list[Passage]:
    """Compute when each row of windows is read.

    A row of windows begins when the one before is done, and when the last row that it needs has come whole.
    So rows leave in bursts: a pooling is faster than the convolution before it, so it gives a row and waits.

    Args:
        needs: Rows of the input that each row of windows needs, as ``rows_of_windows`` counts them.
        written: When the rows of the input are written.
        cycles: Cycles in which a row of windows is read.
    """
    found: list[Passage] = []
    for rows in needs:
        # The last word of a row came one cycle before its passage ended.
        begun = written[rows - 1].last - 1 + WINDOW_READ
        if found:
            begun = max(begun, found[-1].last)
        found.append(Passage(begun, begun + cycles))
    return found
