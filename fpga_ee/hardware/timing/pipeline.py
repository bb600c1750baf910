"""Layers as a production line: when has a sample been read?

A layer begins a sample long before the layers behind it are done with the one before, since every window
holds rows of the next sample while it reads this one's. So a conditional buffer in front of them is read up
to a sample ahead, and its slot is free that much earlier. The line is played row by row:

* A layer computes a row of windows when it is done with the row before, when the rows that it needs are in
  its window, and when the next window has room for what it gives, once it gives it.
* A row stays in a window until the row of windows that frees it has been read (``row_ledger.sv``). A queue
  passes a row on while it comes, and has room for a beat again with each that leaves.
* A layer without a window reads its input while that is made: it and the layer before are as slow as the
  slower of them. Only a queue that holds whole rows, or a vector, parts them.

What shorter queues hold is a part of a row and not counted; how long they take is, as are all registers.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Machine:
    """A layer of a line, or what passes rows on.

    Attributes:
        cycles: Cycles for all rows of windows of a sample, evenly.
        held: Rows of its input that it has room for.
        needs: For every row of windows, how many rows of the sample must have come.
        frees: For every row of windows, how many rows of the sample are not needed any more behind it.
        delay: Cycles in registers until a row of windows is where it is read.
        silent: Of the cycles for a row of windows, those before the first beat of it leaves.
        reading: Of the cycles for all rows, those that its own reading takes where it goes on while results
            wait in registers; 0 where it does not.
        results: Results of a sample.
        waiting: Results that can wait in its registers while it reads on.
        queue: Whether it passes a row on beat by beat, and has room for as many that it passed on.
    """

    cycles: int
    held: int
    needs: Sequence[int]
    frees: Sequence[int]
    delay: int = 0
    silent: int = 0
    reading: int = 0
    results: int = 0
    waiting: int = 0
    queue: bool = False

    @property
    def rows(self) -> int:
        """Rows of a sample that it reads."""
        return self.frees[-1]

    @property
    def ahead(self) -> int:
        """Cycles that the windows of a row have been read before its last result is taken."""
        if not self.reading:
            return 0
        return min(
            self.waiting * self.cycles // self.results, (self.cycles - self.reading) // len(self.needs)
        )

    def at_least(self, cycles: int) -> "Machine":
        """The same where what it gives is taken in so many cycles a sample."""
        return replace(self, cycles=max(self.cycles, cycles))


def passing(rows: int, held: int) -> Machine:
    """A machine that passes rows on, one a cycle unless their reader takes longer."""
    return Machine(rows, held, range(1, rows + 1), range(1, rows + 1))


@dataclass(frozen=True)
class Pipeline:
    """The machines that samples pass, as far as they are known.

    Attributes:
        machines: The machines, in the order that samples pass them.
        rows: Rows of a sample that leave the last of them.
    """

    machines: tuple[Machine, ...]
    rows: int

    @property
    def last(self) -> Machine:
        """The last machine."""
        return self.machines[-1]

    def behind(self, machine: Machine, rows: int) -> "Pipeline":
        """The pipeline with a machine more, which gives so many rows."""
        return Pipeline((*self.machines, machine), rows)

    def at_least(self, cycles: int) -> "Pipeline":
        """The pipeline where samples leave the last machine in so many cycles or more."""
        return self._changed(self.last.at_least(cycles))

    def delayed(self, cycles: int) -> "Pipeline":
        """The pipeline with so many cycles more in registers behind the last machine."""
        return self._changed(replace(self.last, delay=self.last.delay + cycles))

    def silent(self, cycles: int, rows: int) -> "Pipeline":
        """The pipeline where a row leaves the last machine so many cycles late, and so many rows."""
        return replace(self._changed(replace(self.last, silent=cycles)), rows=rows)

    def _changed(self, last: Machine) -> "Pipeline":
        return replace(self, machines=(*self.machines[:-1], last))


class Beats(NamedTuple):
    """Cycles of a row's first beat and of its last: when they come, or when there is room for them."""

    first: int
    last: int


AT_ONCE = Beats(0, 0)


class Reader(Protocol):
    """A taker of the rows that a machine gives."""

    @property
    def rows(self) -> int:
        """Rows of a sample that it takes."""

    @property
    def room(self) -> Beats:
        """When there is room for the next row."""

    def take(self, row: Beats) -> None:
        """The next row has come."""


class End:
    """A reader that takes rows at once, and tells when the last one came."""

    rows = 1
    room = AT_ONCE

    def __init__(self) -> None:
        """Nothing has come."""
        self.time = 0

    def take(self, row: Beats) -> None:
        """The next row has come."""
        self.time = row.last


class Station:
    """A machine at work: when the rows of all samples passed it, one after another."""

    def __init__(self, machine: Machine, reader: Reader) -> None:
        """Begin with nothing in it.

        Args:
            machine: The machine.
            reader: Takes a row with each row of windows, or one with the last as a vector.
        """
        self.rows = machine.rows
        self.begun = self.done = 0
        self._machine, self._reader = machine, reader
        windows = len(machine.needs)
        frees = [after - before for before, after in pairwise([0, *machine.frees])]
        gives = [(window + 1) * reader.rows % windows < reader.rows for window in range(windows)]
        ends = [machine.cycles * window // windows for window in range(windows + 1)]
        cycles = [end - start for start, end in pairwise(ends)]
        self._windows = list(zip(machine.needs, frees, gives, cycles, strict=True))
        # When the places of the next rows were, or will be, free: as many as it holds, the oldest first.
        self._freed = deque([AT_ONCE] * machine.held, maxlen=machine.held)
        self._window = self._came = 0

    @property
    def room(self) -> Beats:
        """When there is room for another row of its input."""
        return self._freed[0] if self._freed else AT_ONCE

    def take(self, row: Beats) -> None:
        """A row has come: compute what it is enough for."""
        if self._freed:
            self._freed.popleft()
        self._came += 1
        machine = self._machine
        silent = machine.delay + machine.silent
        while self._windows[self._window][0] <= self._came:
            _, frees, gives, cycles = self._windows[self._window]
            self.begun = max(self.done, row.first if machine.queue else row.last)
            if gives:
                room = self._reader.room
                self.begun = max(self.begun, room.first - silent, room.last - machine.delay - cycles)
            self.done = max(self.begun + cycles, row.last)
            read = self.done - machine.ahead
            self._freed.extend([Beats(self.begun if machine.queue else read, read)] * frees)
            self._window += 1
            if gives:
                self._reader.take(Beats(self.done - cycles + silent, self.done + machine.delay))
            if self._window == len(self._windows):
                self._window = 0
                self._came -= self.rows


def stations(line: Sequence[Machine], reader: Reader) -> Station:
    """Put machines to work, one behind another, and the reader behind the last; the first of them."""
    station = Station(line[-1], reader)
    for machine in reversed(line[:-1]):
        station = Station(machine, station)
    return station


class PipelineRun:
    """Layers that work on one sample after another.

    Attributes:
        begun: When the last sample was begun to be read.
    """

    def __init__(self, machines: Sequence[Machine], reader: Reader | None = None) -> None:
        """Begin with nothing in it.

        Args:
            machines: As ``machines`` makes them: the first passes rows on and holds none.
            reader: What takes what the last gives; at once, unless it is given.
        """
        self._first = stations(machines, reader or End())
        self.begun = 0

    def read(self, ready: int) -> int:
        """When the next sample has been read.

        Args:
            ready: When it can be read.
        """
        self._first.take(Beats(ready, ready))
        self.begun = self._first.begun
        for _ in range(self._first.rows - 1):
            self._first.take(Beats(ready, ready))
        return self._first.done
