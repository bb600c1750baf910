"""The layers behind a conditional buffer as a production line: when has a sample been read?

A layer begins a sample long before the layers behind it are done with the one before, since every window
holds rows of the next sample while it reads this one's. So the buffer is read up to a sample ahead, and its
slot is free that much earlier. The line is played row by row:

* A layer computes a row of windows when it is done with the row before, when the rows that it needs are in
  its window, and when the next window has room for what it gives.
* A row stays in a window until the row of windows that frees it has been read (``row_ledger.sv``).
* A layer without a window reads its input while that is made: it and the layer before are as slow as the
  slower of them. Only a queue that holds a whole sample, such as a vector, parts them.

What shorter queues hold is a part of a row and not counted.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from math import ceil, prod

from fpga_ee.hardware.rtl.diagram import Block


@dataclass(frozen=True)
class Machine:
    """A layer of a line, or what passes rows on.

    Attributes:
        cycles: Cycles for a row of windows.
        held: Rows of its input that it has room for.
        needs: For every row of windows, how many rows of the sample must have come.
        frees: For every row of windows, how many rows of the sample are not needed any more behind it.
    """

    cycles: int
    held: int
    needs: Sequence[int]
    frees: Sequence[int]

    @property
    def rows(self) -> int:
        """Rows of a sample that it reads."""
        return self.frees[-1]

    def at_least(self, cycles: int) -> "Machine":
        """The same where what it gives is taken in so many cycles a sample."""
        return replace(self, cycles=max(self.cycles, ceil(cycles / len(self.needs))))


def machines(blocks: Iterable[Block]) -> list[Machine]:
    """A line that begins with what reads the buffer.

    Args:
        blocks: What samples pass behind the buffer, in order.
    """
    path = list(blocks)
    rows = next((_size(block, "ROWS") for block in path if _has_window(block)), 1)
    found = [_passing(rows, 0)]
    for block in path:
        entering = next(iter(block.inputs.values()))
        if _has_window(block):
            # The rows come no faster than they are written.
            found[-1] = found[-1].at_least(entering.beats)
            found.append(_windowed(block))
            rows = _size(block, "OUT_ROWS")
        elif block.module == "linear":
            found[-1] = found[-1].at_least(block.interval)
            rows = rows if _size(block, "BEATS") < entering.beats else 1
        elif block.module == "stream_fifo" and entering.has_last and _size(block, "DEPTH") >= entering.beats:
            found.append(_passing(rows, rows))
    return found


def _has_window(block: Block) -> bool:
    return block.module in ("convolution", "max_pool")


def _size(block: Block, name: str) -> int:
    return int(block.parameters[name])


def _passing(rows: int, held: int) -> Machine:
    """What passes rows on, one a cycle unless their reader takes longer."""
    return Machine(1, held, range(1, rows + 1), range(1, rows + 1))


def _windowed(block: Block) -> Machine:
    rows, outputs, pad = (_size(block, name) for name in ("ROWS", "OUT_ROWS", "PAD_TOP"))
    tops = [row * _size(block, "STRIDE_ROWS") - pad for row in range(outputs)]
    frees = [*(min(max(top, 0), rows) for top in tops[1:]), rows]
    covers = (min(max(top + _size(block, "KERNEL_ROWS"), 1), rows) for top in tops)
    taps = (_size(block, f"KERNEL_{side}") // _size(block, f"BANK_{side}") for side in ("ROWS", "COLS"))
    beats = _size(block, "OUT_COLS") * _size(block, "GROUPS") * prod(taps)
    return Machine(
        cycles=beats * int(block.parameters.get("FOLDS", 1)),
        held=_size(block, "SLOTS") * _size(block, "BANK_ROWS"),
        needs=[max(pair) for pair in zip(covers, frees, strict=True)],
        frees=frees,
    )


@dataclass
class _Station:
    """A machine at work: when the rows of all samples passed it, one after another.

    Attributes:
        machine: The machine.
        freed: When each row of its input was free again.
        done: When each row of windows was computed.
        came: How many rows of its input have come.
    """

    machine: Machine
    freed: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    came: int = 0

    @property
    def room(self) -> int:
        """When there is room for another row of its input."""
        before = self.came - self.machine.held
        return self.freed[before] if before >= 0 else 0


class Line:
    """Layers that work on one sample after another."""

    def __init__(self, machines: Iterable[Machine]) -> None:
        """Begin with nothing in it.

        Args:
            machines: The first reads the buffer and holds nothing.
        """
        self._stations = [_Station(machine) for machine in machines]

    def read(self, ready: int) -> int:
        """When the next sample has been read.

        Args:
            ready: When it can be read.
        """
        first = self._stations[0]
        for _ in range(first.machine.rows):
            self._take(0, ready)
        return first.done[-1]

    def _take(self, place: int, time: int) -> None:
        """A row has come: compute what it is enough for."""
        station = self._stations[place]
        needs, rows = station.machine.needs, station.machine.rows
        station.came += 1
        while True:
            sample, window = divmod(len(station.done), len(needs))
            if sample * rows + needs[window] > station.came:
                return
            self._compute(place, window, time)

    def _compute(self, place: int, window: int, time: int) -> None:
        station, reader = self._stations[place], self._reader(place, window)
        machine = station.machine
        begun = max(time, station.done[-1] if station.done else 0, reader.room if reader else 0)
        done = begun + machine.cycles
        station.done.append(done)
        before = machine.frees[window - 1] if window else 0
        station.freed += [done] * (machine.frees[window] - before)
        if reader:
            self._take(place + 1, done)

    def _reader(self, place: int, window: int) -> _Station | None:
        """What takes a row with this row of windows: one with each, or one with the last as a vector."""
        if place + 1 == len(self._stations):
            return None
        reader, windows = self._stations[place + 1], len(self._stations[place].machine.needs)
        return reader if (window + 1) * reader.machine.rows % windows < reader.machine.rows else None


def reading(lines: Sequence[Line]) -> Callable[[int], int]:
    """Copies of a line that take samples in turn, as ``stays`` asks for it."""
    turns, before = cycle(lines), 0

    def read(ready: int) -> int:
        nonlocal before
        before = next(turns).read(max(ready, before))
        return before

    return read
