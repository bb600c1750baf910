"""Cycles per sample of a whole accelerator, during a run and in the long run.

A stage that is fast enough on average still holds the stages before it up, when late samples come in bursts
that its buffer cannot hold. A stage that is too slow on average holds nothing up until its buffer is full,
and a run of a few hundred samples may end before. So all samples are simulated, one after another, through
all stages (``timing/stages.py``).
"""

from collections.abc import Iterator, Sequence

from fpga_ee.hardware.design.machines import machines
from fpga_ee.hardware.diagram.diagram import Diagram, Role
from fpga_ee.hardware.library.conditional_buffer import PASSING_ON
from fpga_ee.hardware.library.stream_fifo import QUEUED
from fpga_ee.hardware.timing.stages import EarlyStage, LastStage, entries

SETTLING = 16
"""Number of samples at the start that are left out, because they only fill the pipeline."""


def pace(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> float | None:
    """Compute the mean cycles between two samples that enter during a run, by the cycle model.

    Args:
        diagram: The accelerator.
        exits: The exit of every sample, in the order in which they enter.
        buffered: Samples that the conditional buffer after each stage but the last holds.

    Returns:
        None where too few samples enter.
    """
    return mean_interval(_entries(diagram, exits, buffered))


def mean_interval(entered: Sequence[int]) -> float | None:
    """Compute the mean cycles between two samples after the pipeline is full; None for too few samples."""
    settled = entered[SETTLING:]
    return (settled[-1] - settled[0]) / (len(settled) - 1) if len(settled) > 1 else None


def period(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> float:
    """Compute the cycles per sample in the long run, by the cycle model: the samples come again and again.

    The second round shows the samples that the buffers cannot hold. However deep the buffers are, they let no
    more samples in than the slowest block takes.

    Args:
        diagram: The accelerator.
        exits: As for ``pace``.
        buffered: As for ``pace``.
    """
    entered = _entries(diagram, [*exits, *exits, exits[0]], buffered)
    return max(*loads(diagram, exits), (entered[-1] - entered[len(exits)]) / len(exits))


def loads(diagram: Diagram, exits: Sequence[int]) -> Iterator[float]:
    """Compute the cycles that every block works per sample, weighted by the samples that reach it."""
    for section in diagram.sections:
        for block in section.blocks:
            # All samples pass the merge.
            stage = 0 if section.role is Role.MERGE else block.entering.stage
            reached = sum(exit_ >= stage for exit_ in exits)
            yield block.interval * reached / (block.copies * len(exits))


def _entries(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> list[int]:
    last = len(buffered)
    pipeline = [*diagram.first_copy(last, Role.BACKBONE), *diagram.first_copy(last, Role.EXIT)]
    early = [_early(diagram, stage, samples) for stage, samples in enumerate(buffered)]
    return entries(early, LastStage(pipeline[0].copies, machines(pipeline)), exits)


def _early(diagram: Diagram, stage: int, buffered: int) -> EarlyStage:
    backbone, exit_ = (diagram.first_copy(stage, role) for role in (Role.BACKBONE, Role.EXIT))
    (buffer,) = (block for block in diagram.first_copy(stage, Role.BUFFER) if block.module.FILL)
    before, after = machines(backbone), machines(exit_)
    reading = after[0].cycles
    return EarlyStage(
        copies=backbone[0].copies,
        # The split gives a beat when both readers have taken the one before.
        backbone=(*before[:-1], before[-1].at_least(max(reading, buffer.interval))),
        exit=after[1:],
        ahead=reading // exit_[0].entering.beats,
        lag=after[0].delay,
        buffered=buffered,
        passing_on=PASSING_ON,
        freeing=QUEUED,
    )
