"""All stages of an accelerator played sample by sample, row by row: when does each sample enter?

A sample takes a slot of a conditional buffer with the first row of its feature map, not when it enters. While
no slot is free, the layers before the split go on until their windows are full: the input stalls later than
the split, and what they hold is ahead when a slot is free again. The exit reads the same rows; the verdict
follows the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import cycle
from typing import Protocol

from fpga_ee.hardware.diagram.copies import original
from fpga_ee.hardware.diagram.diagram import BACKBONE, Block, Diagram
from fpga_ee.hardware.timing.cycles import PASSING_ON, QUEUE
from fpga_ee.hardware.timing.line import AT_ONCE, Beats, End, Line, Machine, Reader, machines, stations


class Stages(Protocol):
    """A stage and all behind it."""

    def read(self, ready: int, leaves: int) -> int:
        """When the next sample has been read.

        Args:
            ready: When it can be read.
            leaves: The exit that it leaves at.
        """


@dataclass(frozen=True)
class _MadeOf:
    """What a copy of a stage with an exit is made of.

    Attributes:
        stage: Its number.
        copies: How often it is there.
        backbone: Its layers up to the split.
        exit: Layers of its exit.
        ahead: Cycles that the exit works on a beat: it has the one that waits for a slot.
        lag: Cycles that a row is in registers between split and exit.
        buffered: Samples that its buffer holds.
    """

    stage: int
    copies: int
    backbone: Sequence[Machine]
    exit: Sequence[Machine]
    ahead: int
    lag: int
    buffered: int


class _Slots:
    """The slots of a conditional buffer, by when they are free."""

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
    """Gives the rows of a feature map to the exit, where the buffer has a slot for the sample."""

    def __init__(self, made_of: _MadeOf, exit_: Reader, slots: _Slots) -> None:
        self.rows = len(made_of.backbone[-1].needs)
        self._made_of, self._exit, self._slots = made_of, exit_, slots
        self._row = 0

    @property
    def room(self) -> Beats:
        slot = 0 if self._row else self._slots.room - self._made_of.ahead
        first, last = self._exit.room if self._gives else AT_ONCE
        return Beats(max(slot, first), max(slot, last))

    def take(self, row: Beats) -> None:
        if not self._row:
            self._slots.take()
        if self._gives:
            lag = self._made_of.lag
            self._exit.take(Beats(row.first + lag, row.last + lag))
        self._row = (self._row + 1) % self.rows

    @property
    def _gives(self) -> bool:
        """Whether the exit takes this row: one without a window takes the last as a vector."""
        return self._exit.rows == self.rows or self._row == self.rows - 1


class Last:
    """A copy of the last stage.

    Attributes:
        line: Its layers.
    """

    def __init__(self, line: Sequence[Machine]) -> None:
        """Begin with nothing in it.

        Args:
            line: Its layers, as ``machines`` describes them.
        """
        self.line = Line(line)

    def read(self, ready: int, _leaves: int) -> int:
        """As any stage; all samples leave here."""
        return self.line.read(ready)


class _Early:
    """A copy of a stage with an exit and a buffer.

    Attributes:
        line: Its layers up to the split.
    """

    def __init__(self, made_of: _MadeOf, behind: Stages) -> None:
        self._made_of, self._behind = made_of, behind
        self._decided, self._slots = End(), _Slots(made_of.buffered)
        exit_ = stations(made_of.exit, self._decided) if made_of.exit else self._decided
        self.line = Line(made_of.backbone, _Split(made_of, exit_, self._slots))

    def read(self, ready: int, leaves: int) -> int:
        read = self.line.read(ready)
        free = self._decided.time
        if leaves > self._made_of.stage:
            free = self._behind.read(free + PASSING_ON, leaves)
        self._slots.give(free + QUEUE)
        return read


class Copies:
    """Copies of a stage, which take samples in turn.

    Attributes:
        begun: When each sample was begun to be read.
    """

    def __init__(self, copies: Sequence[_Early | Last]) -> None:
        """Begin with nothing in them."""
        self._turns, self._read = cycle(copies), 0
        self.begun: list[int] = []

    def read(self, ready: int, leaves: int) -> int:
        """As any stage, but a sample is not begun before the one before it has been read."""
        copy = next(self._turns)
        self._read = copy.read(max(ready, self._read), leaves)
        self.begun.append(copy.line.begun)
        return self._read


def entries(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> list[int]:
    """When every sample enters an accelerator at whose input one always waits.

    Args:
        diagram: The accelerator.
        exits: Exit of every sample, in the order in which they enter.
        buffered: Samples that the conditional buffer behind each stage but the last holds.
    """
    last = len(buffered)
    path = [*_blocks(diagram, f"Stage {last}", BACKBONE), *_blocks(diagram, f"Exit {last}")]
    stages = Copies([Last(machines(path)) for _ in range(path[0].copies)])
    for stage in reversed(range(last)):
        made_of = _made_of(diagram, stage, buffered[stage])
        stages = Copies([_Early(made_of, stages) for _ in range(made_of.copies)])
    for leaves in exits:
        stages.read(0, leaves)
    return stages.begun


def _made_of(diagram: Diagram, stage: int, buffered: int) -> _MadeOf:
    backbone, exit_ = _blocks(diagram, f"Stage {stage}", BACKBONE), _blocks(diagram, f"Exit {stage}")
    line, behind = machines(backbone), machines(exit_)
    reading = behind[0].cycles
    writing = next(block.interval for block in diagram.blocks if original(block.name) == f"buffer_{stage}")
    # The split gives a beat when both have taken the one before.
    line[-1] = line[-1].at_least(max(reading, writing))
    return _MadeOf(
        stage,
        backbone[0].copies,
        line,
        behind[1:],
        ahead=reading // next(iter(exit_[0].inputs.values())).beats,
        lag=behind[0].delay,
        buffered=buffered,
    )


def _blocks(diagram: Diagram, place: str, what: str = "") -> list[Block]:
    """What a stage or an exit is made of, in its first copy where there are several."""
    sections = (section for section in diagram.sections if (section.place, section.what) == (place, what))
    return [block for section in sections if not section.copy for block in section.blocks]
