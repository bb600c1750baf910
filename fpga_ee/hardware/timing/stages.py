"""Simulates all stages of an accelerator, sample by sample and row by row: when does each sample enter?

A sample takes a slot of a conditional buffer with the first row of its feature map, not when it enters. While
no slot is free, the layers before the split go on until their windows are full. So the input stalls later
than the split, and the rows in the windows are ready when a slot is free again. The exit reads the same rows.
The verdict follows the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import cycle
from typing import Protocol

from fpga_ee.hardware.timing.pipeline import AT_ONCE, Beats, End, Machine, PipelineRun, Reader, stations


@dataclass(frozen=True)
class EarlyStage:
    """A stage with an exit and a conditional buffer, as machines.

    Attributes:
        copies: Number of copies of the stage; samples take the copies in turn.
        backbone: Its layers up to the split.
        exit: Layers of its exit.
        ahead: Cycles that the exit works on a beat; it already has the beat that waits for a slot.
        lag: Cycles that a row spends in registers between split and exit.
        buffered: Samples that its buffer holds.
        passing_on: Cycles from a verdict to the first word of a sample that goes on.
        freeing: Cycles from the end of a sample's stay in a slot until the slot is free.
    """

    copies: int
    backbone: Sequence[Machine]
    exit: Sequence[Machine]
    ahead: int
    lag: int
    buffered: int
    passing_on: int
    freeing: int


@dataclass(frozen=True)
class LastStage:
    """The stage where all remaining samples leave.

    Attributes:
        copies: Number of copies of the stage.
        machines: Its layers and those of its exit.
    """

    copies: int
    machines: Sequence[Machine]


class Stages(Protocol):
    """A stage and all stages after it."""

    def read(self, ready: int, leaves: int) -> int:
        """Compute when the next sample has been read.

        Args:
            ready: The first cycle in which it can be read.
            leaves: The exit where it leaves.
        """


class _Slots:
    """The slots of a conditional buffer, as a heap of the cycles when they are free."""

    def __init__(self, count: int) -> None:
        self._free = [0] * count

    @property
    def room(self) -> int:
        return self._free[0]

    def take(self) -> None:
        heappop(self._free)

    def give(self, time: int) -> None:
        heappush(self._free, time)


class _Split:
    """Gives the rows of a feature map to the exit when the buffer has a slot for the sample."""

    def __init__(self, stage: EarlyStage, exit_: Reader, slots: _Slots) -> None:
        self.rows = len(stage.backbone[-1].needs)
        self._stage, self._exit, self._slots = stage, exit_, slots
        self._row = 0

    @property
    def room(self) -> Beats:
        slot = 0 if self._row else self._slots.room - self._stage.ahead
        first, last = self._exit.room if self._gives else AT_ONCE
        return Beats(max(slot, first), max(slot, last))

    def take(self, row: Beats) -> None:
        if not self._row:
            self._slots.take()
        if self._gives:
            lag = self._stage.lag
            self._exit.take(Beats(row.first + lag, row.last + lag))
        self._row = (self._row + 1) % self.rows

    @property
    def _gives(self) -> bool:
        """True where the exit takes this row: an exit without a window takes the last one as a vector."""
        return self._exit.rows == self.rows or self._row == self.rows - 1


class Last:
    """A copy of the last stage.

    Attributes:
        pipeline: Its layers.
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        """Begin empty.

        Args:
            machines: Its layers, as ``machines`` describes them.
        """
        self.pipeline = PipelineRun(machines)

    def read(self, ready: int, _leaves: int) -> int:
        """Compute when the next sample has been read; all samples leave here."""
        return self.pipeline.read(ready)


class _Early:
    """A copy of a stage with an exit and a buffer.

    Attributes:
        pipeline: Its layers up to the split.
    """

    def __init__(self, number: int, stage: EarlyStage, behind: Stages) -> None:
        self._number, self._stage, self._behind = number, stage, behind
        self._decided, self._slots = End(), _Slots(stage.buffered)
        exit_ = stations(stage.exit, self._decided) if stage.exit else self._decided
        self.pipeline = PipelineRun(stage.backbone, _Split(stage, exit_, self._slots))

    def read(self, ready: int, leaves: int) -> int:
        read = self.pipeline.read(ready)
        free = self._decided.time
        if leaves > self._number:
            free = self._behind.read(free + self._stage.passing_on, leaves)
        self._slots.give(free + self._stage.freeing)
        return read


class Copies:
    """Copies of a stage, which take samples in turn.

    Attributes:
        begun: The cycle in which each sample began to be read.
    """

    def __init__(self, copies: Sequence[_Early | Last]) -> None:
        """Begin empty."""
        self._turns, self._read = cycle(copies), 0
        self.begun: list[int] = []

    def read(self, ready: int, leaves: int) -> int:
        """Compute when the next sample has been read.

        Its read begins once the sample before has been read.
        """
        copy = next(self._turns)
        self._read = copy.read(max(ready, self._read), leaves)
        self.begun.append(copy.pipeline.begun)
        return self._read


def entries(early: Sequence[EarlyStage], last: LastStage, exits: Sequence[int]) -> list[int]:
    """Compute when every sample enters an accelerator at whose input a sample always waits, in cycles.

    Args:
        early: The stages with an exit, in order.
        last: The last stage.
        exits: The exit of every sample, in the order in which they enter.
    """
    stages = Copies([Last(last.machines) for _ in range(last.copies)])
    for number, stage in reversed([*enumerate(early)]):
        stages = Copies([_Early(number, stage, stages) for _ in range(stage.copies)])
    for leaves in exits:
        stages.read(0, leaves)
    return stages.begun
