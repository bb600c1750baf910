"""When a sample, or each of its rows, passes a point of a design."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Passage:
    """When a sample, or a row of it, passes a point, in cycles.

    Attributes:
        first: The cycle of its first word.
        last: The cycle behind its last word.
    """

    first: int
    last: int


def evenly(first: int, last: int, rows: int) -> list[Passage]:
    """The passage of each row of a sample whose words come at a steady pace.

    Args:
        first: The cycle of the sample's first word.
        last: The cycle behind its last word.
        rows: Rows of the sample.
    """
    starts = [first + (last - first) * row // rows for row in range(rows + 1)]
    return [Passage(start, end) for start, end in pairwise(starts)]


def worked_on(rows: Sequence[Passage], beats: int, cycles: int) -> list[Passage]:
    """The time that a module spends on each row of a sample, when it takes one beat after another.

    The module begins a row when the row before is done and the first beat is there. It is done when it has
    held every beat for its time, the last one from when it comes.

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
