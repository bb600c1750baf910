"""Layers as a pipeline of machines, which tells when each sample has been read.

A layer begins a sample long before the layers behind it are done with the sample before, because a window
holds rows of the next sample while it reads rows of this one. So a conditional buffer in front of the layers
is read up to a sample ahead, and its slot is free earlier by the same time. The pipeline is played row by
row:

* A layer computes a row of windows when three conditions hold: it is done with the row before, its window
  holds the rows that it needs, and the next window has room for the result by the time that it leaves.
* A row stays in a window until the row of windows that frees it has been read (``row_ledger.sv``). A queue
  passes a row on while the row comes, and has room for another beat with each beat that leaves.
* A layer without a window reads its input while the layer before makes it, so both are as slow as the slower
  one. Only a queue that holds whole rows, or a vector, makes the two independent.

A shorter queue holds less than a row, which is not counted. Its delay is counted, as are all registers.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Protocol


@dataclass(frozen=True)
class Machine:
    """A layer of a pipeline, or an entry or queue that passes rows on.

    Attributes:
        cycles: Cycles for all rows of windows of a sample, evenly.
        held: Rows of its input for which it has room.
        needs: Rows of the sample that must have come, for every row of windows.
        frees: Rows of the sample that are not needed any more, behind every row of windows.
        delay: Cycles in registers until a row of windows arrives where it is read.
        silent: Cycles for a row of windows before its first beat leaves.
        reading: Cycles that the reading of all rows takes, where it goes on while results wait in registers;
            0 where it does not go on.
        results: Results of a sample.
        waiting: Results that can wait in its registers while the reading goes on.
        queue: True for a queue: it passes a row on beat by beat, and each passed beat makes room for another.
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
        """Cycles from the last read of a row of windows to its last result, which waits in a register."""
        if not self.reading:
            return 0
        return min(
            self.waiting * self.cycles // self.results, (self.cycles - self.reading) // len(self.needs)
        )

    def at_least(self, cycles: int) -> "Machine":
        """Slow the machine down, so that a sample takes at least ``cycles``."""
        return replace(self, cycles=max(self.cycles, cycles))


def passing(rows: int, held: int) -> Machine:
    """Make a machine that passes rows on, one a cycle unless their reader takes longer."""
    return Machine(rows, held, range(1, rows + 1), range(1, rows + 1))


@dataclass(frozen=True)
class Pipeline:
    """The machines that samples pass, up to the last block that was added.

    Attributes:
        machines: The machines, in the order that samples pass them.
        rows: Rows of a sample that leave the last machine.
    """

    machines: tuple[Machine, ...]
    rows: int

    @property
    def last(self) -> Machine:
        """The last machine."""
        return self.machines[-1]

    def behind(self, machine: Machine, rows: int) -> "Pipeline":
        """Append a machine that gives ``rows`` rows a sample."""
        return Pipeline((*self.machines, machine), rows)

    def at_least(self, cycles: int) -> "Pipeline":
        """Slow the last machine down, so that a sample takes at least ``cycles``."""
        return self._changed(self.last.at_least(cycles))

    def delayed(self, cycles: int) -> "Pipeline":
        """Add ``cycles`` of delay in registers behind the last machine."""
        return self._changed(replace(self.last, delay=self.last.delay + cycles))

    def silent(self, cycles: int, rows: int) -> "Pipeline":
        """Set the cycles before a row's first beat leaves the last machine, and the rows that leave."""
        return replace(self._changed(replace(self.last, silent=cycles)), rows=rows)

    def _changed(self, last: Machine) -> "Pipeline":
        return replace(self, machines=(*self.machines[:-1], last))


class Beats(NamedTuple):
    """The cycles in which a row's first and last beat come, or in which a place for them is free."""

    first: int
    last: int


AT_ONCE = Beats(0, 0)


class Reader(Protocol):
    """A reader of the rows that a machine gives."""

    @property
    def rows(self) -> int:
        """Rows of a sample that the reader takes."""

    @property
    def room(self) -> Beats:
        """The cycles from which the reader has room for the next row."""

    def take(self, row: Beats) -> None:
        """Take the next row."""


class End:
    """A reader that takes rows at once, and tells when the last row came."""

    rows = 1
    room = AT_ONCE

    def __init__(self) -> None:
        """Begin before the first row."""
        self.time = 0

    def take(self, row: Beats) -> None:
        """Take the next row."""
        self.time = row.last


class Station:
    """A machine at work, with the times at which rows of sample after sample pass it."""

    def __init__(self, machine: Machine, reader: Reader) -> None:
        """Begin with empty machines.

        Args:
            machine: The machine.
            reader: The reader of its rows. It takes a row with each row of windows, or one with the last
                row of windows as a vector.
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
        # The times from which the places of the next rows are free: one for each row held, the oldest first.
        self._freed = deque([AT_ONCE] * machine.held, maxlen=machine.held)
        self._window = self._came = 0

    @property
    def room(self) -> Beats:
        """The cycles from which the window has room for another row of its input."""
        return self._freed[0] if self._freed else AT_ONCE

    def take(self, row: Beats) -> None:
        """Take a row, and compute all rows of windows for which it is enough."""
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


def stations(machines: Sequence[Machine], reader: Reader) -> Station:
    """Put machines to work, one behind another, with the reader behind the last. Give the first."""
    station = Station(machines[-1], reader)
    for machine in reversed(machines[:-1]):
        station = Station(machine, station)
    return station


class PipelineRun:
    """A pipeline that works on one sample after another.

    Attributes:
        begun: The cycle in which the read of the last sample began.
    """

    def __init__(self, machines: Sequence[Machine], reader: Reader | None = None) -> None:
        """Begin with empty machines.

        Args:
            machines: The machines, as :func:`~fpga_ee.hardware.design.machines.machines` makes them. The
                first passes rows on and holds none.
            reader: The reader of the last machine's rows. Without one, rows are taken at once.
        """
        self._first = stations(machines, reader or End())
        self.begun = 0

    def read(self, ready: int) -> int:
        """Read the next sample, and give the cycle in which it has been read.

        Args:
            ready: The first cycle in which it can be read.
        """
        self._first.take(Beats(ready, ready))
        self.begun = self._first.begun
        for _ in range(self._first.rows - 1):
            self._first.take(Beats(ready, ready))
        return self._first.done
