"""Depth of the conditional buffer, and the throughput that a shallower one costs.

All feature maps of a stage have one size, so the buffer is a set of slots. A sample takes a free slot when
it enters the stage. An early sample frees its slot at its decision, a late one when the next stage has read
it, regardless of older samples that still wait. (A ring that frees in order would hold every early sample
behind a late one, and need several times the depth.) While no slot is free the stage stalls.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import ceil, sqrt
from typing import NamedTuple

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import Whole, record


@record
class Traffic:
    """The pace of the samples that pass the buffer between two stages.

    Attributes:
        interval: Least cycles between two samples that enter the stage before the buffer.
        decision_latency: Cycles from a sample's last word at the split to its decision.
        late_interval: Least cycles between two samples that the stages after the buffer read.
        arrival: Cycles between two samples that arrive at the stage before, evenly spaced; 0 where a sample
            always
            waits to enter, as it does before the first stage.
    """

    interval: Whole
    decision_latency: Whole
    late_interval: Whole
    arrival: Whole = 0

    @property
    def pace(self) -> int:
        """Cycles between two samples while nothing stalls."""
        return max(self.interval, self.arrival)


def least_depth(traffic: Traffic) -> int:
    """Count the samples that a buffer must hold so that a decision never waits for room.

    A sample occupies the buffer from its first word until its decision: an interval to enter, and the
    decision's latency. All samples that enter meanwhile must fit beside it. Room for one sample is enough
    to avoid deadlock, because the exit has all words of a sample as soon as the buffer has. But the stage
    keeps its interval while all samples leave only with this depth.
    """
    return ceil((traffic.interval + traffic.decision_latency) / traffic.interval)


class Stay(NamedTuple):
    """The cycle when a sample enters the stage and takes a slot, and the one when its slot is free again."""

    entered: int
    freed: int


def stays(traffic: Traffic, late: Iterable[bool], depth: int) -> list[Stay]:
    """Simulate a sequence of decisions, event by event.

    Args:
        traffic: Intervals and latency, in cycles.
        late: True for every sample that goes on.
        depth: Samples that the buffer holds.

    Raises:
        FpgaEeError: The buffer holds no sample.
    """
    if depth < 1:
        raise FpgaEeError(f"a conditional buffer of {depth} samples deadlocks: it must hold at least 1")
    found: list[Stay] = []
    occupied: list[int] = []  # a heap of the cycles when taken slots are free again
    entered, read = -traffic.interval, 0
    for index, goes_on in enumerate(late):
        entered = max(entered + traffic.interval, index * traffic.arrival)
        if len(occupied) == depth:
            entered = max(entered, heappop(occupied))
        free = entered + traffic.interval + traffic.decision_latency
        if goes_on:
            # The stages after the buffer read one sample after another, in order.
            read = free = max(free, read) + traffic.late_interval
        heappush(occupied, free)
        found.append(Stay(entered, free))
    return found


def throughput(traffic: Traffic, late: Sequence[bool], depth: int) -> float:
    """Compute the samples per cycle of a sequence of decisions that is repeated without end.

    Samples count when they enter, so that emptying the buffer after the last one, which happens once, costs
    nothing. But no buffer lets more samples in than the next stages read in the long run.
    """
    entering = stays(traffic, late, depth)[-1].entered + traffic.pace
    return len(late) / max(entering, sum(late) * traffic.late_interval)


def longest_run(late: Iterable[bool]) -> int:
    """Find the length of the longest run of samples that all go on."""
    longest = run = 0
    for goes_on in late:
        run = run + 1 if goes_on else 0
        longest = max(longest, run)
    return longest


def unhindered_depth(traffic: Traffic, late: Sequence[bool]) -> int:
    """Find the least depth with which no sample of a burst is later than with an unlimited buffer.

    Args:
        traffic: Intervals and latency, in cycles.
        late: The burst: late samples, and one sample after them.
    """
    endless = _freed(traffic, late, len(late))
    # A deeper buffer never makes a sample later, so bisect.
    return 1 + bisect_left(
        range(1, len(late)), True, key=lambda depth: _freed(traffic, late, depth) == endless
    )


def _freed(traffic: Traffic, late: Sequence[bool], depth: int) -> list[int]:
    return [stay.freed for stay in stays(traffic, late, depth)]


def sufficient_depth(traffic: Traffic, late: Sequence[bool], share: float) -> int:
    """Find the least depth that gives a share of an unlimited buffer's throughput.

    Args:
        traffic: Intervals and latency, in cycles.
        late: True for every sample that goes on.
        share: Wanted share, for example 0.99.
    """
    wanted = share * throughput(traffic, late, len(late))
    return 1 + bisect_left(range(1, len(late)), wanted, key=lambda depth: throughput(traffic, late, depth))


def full_probability(load: float, depth: int, squared_variation: float = 0.0) -> float:
    """Compute the probability that a late sample finds the buffer full, in the M/G/1/K model.

    Args:
        load: Late samples per cycle times cycles per late sample.
        depth: Most samples in the system, including the one that is read (K).
        squared_variation: Squared coefficient of variation of the service time; 0 for hardware, whose service
            time is constant.

    Source: J. MacGregor Smith, "Properties and performance modelling of finite buffer M/G/1/K networks",
    Computers & Operations Research 38 (2011), the two-moment approximation: the M/M/1/K formula with another
    number of states. Exact for M/M/1/K.
    """
    if load <= 0:
        return 0.0
    excess = sqrt(load) * (squared_variation - 1)
    if excess <= -2:
        return 1 - 1 / load  # beyond the approximation; an unlimited buffer gives this
    states: float = 2 * (excess + depth + 1) / (2 + excess)
    if abs(load - 1) < 1e-9:
        return 1 / states  # the limit of the expressions that follow
    if load > 1:
        return (1 - 1 / load) / (1 - float(load**-states))
    return float(load ** (states - 1)) * (1 - load) / (1 - float(load**states))


def estimated_throughput(traffic: Traffic, late_rate: float, depth: int) -> float:
    """Estimate samples per cycle by queueing theory: the stage's rate, less the share a full buffer blocks.

    The slots of pending decisions do not queue. Late samples are assumed to arrive at random (Poisson),
    although the stage gives them at a steady pace, and the data set decides which samples they are.
    """
    load = late_rate * traffic.late_interval / traffic.pace
    slots = max(1, depth - least_depth(traffic) + 1)
    return (1 - full_probability(load, slots)) / traffic.pace
