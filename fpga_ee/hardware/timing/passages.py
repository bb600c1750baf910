"""When a sample, or each of its rows, passes a point of a design that holds no other sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WINDOW_READ = 4
"""Cycles from a row's last word to the first window that needs it (``sliding_window.sv``)."""


@dataclass(frozen=True)
class Passage:
    """When a sample, or a row of it, passes a point, in cycles.

    Attributes:
        first: The cycle of its first word.
        last: The cycle behind its last word.
    """

    first: int
    last: int

    def later(self, cycles: int) -> "Passage":
        """The same so many cycles later."""
        return Passage(self.first + cycles, self.last + cycles)


def evenly(first: int, last: int, rows: int) -> list[Passage]:
    """When each row of a sample passes whose words come at a steady pace."""
    starts = [first + (last - first) * row // rows for row in range(rows + 1)]
    return [Passage(start, end) for start, end in pairwise(starts)]


def worked_on(rows: Sequence[Passage], beats: int, cycles: int) -> list[Passage]:
    """When each row of a sample is being worked on, by hardware that takes one beat after another.

    It begins a row when the row before is done and the first beat is there. It is done when it has held
    every beat for its time, the last one from when it comes.

    Args:
        rows: When the rows come.
        beats: Beats of a sample.
        cycles: Cycles that a beat is held.
    """
    found: list[Passage] = []
    for index, row in enumerate(rows):
        share = beats * (index + 1) // len(rows) - beats * index // len(rows)
        begun = max(row.first, found[-1].last) if found else row.first
        found.append(Passage(begun, max(begun + share * cycles, row.last + cycles - 1)))
    return found


def windows_read(needs: Sequence[int], written: Sequence[Passage], cycles: int) -> list[Passage]:
    """When each row of windows is read.

    A row of windows begins when the one before is done and the last row that it needs has come whole. So
    rows leave in bursts: a pooling, faster than the convolution before it, gives a row and then waits.

    Args:
        needs: Rows of the input that each row of windows needs, as ``rows_of_windows`` counts them.
        written: When the rows of the input are written.
        cycles: Cycles that a row of windows is read for.
    """
    found: list[Passage] = []
    for rows in needs:
        # The last word of a row came the cycle before its end.
        begun = written[rows - 1].last - 1 + WINDOW_READ
        if found:
            begun = max(begun, found[-1].last)
        found.append(Passage(begun, begun + cycles))
    return found
