"""Cycles a sample of a whole accelerator: of a run, and in the long run.

A stage that is fast enough on the mean still holds the stages before it up when late samples come in bursts
that its buffer cannot hold. And one that is too slow on the mean holds nothing up until its buffer is full: a
run of a few hundred samples may be over before. So samples are played through all stages, one after another
(``timing/stages.py``).
"""

from collections.abc import Iterable, Iterator, Sequence

from fpga_ee.hardware.diagram.diagram import Block, Diagram, Role
from fpga_ee.hardware.library.conditional_buffer import PASSING_ON
from fpga_ee.hardware.library.stream_fifo import QUEUED
from fpga_ee.hardware.timing.pipeline import Machine, Pipeline, passing
from fpga_ee.hardware.timing.stages import EarlyStage, LastStage, entries

SETTLING = 16
"""Samples that are left out at the start, because they only fill the pipeline."""


def pace(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> float | None:
    """Cycles between two samples that enter, in the mean of a run, by the cycle model.

    Args:
        diagram: The accelerator.
        exits: Exit of every sample, in the order in which they enter.
        buffered: Samples that the conditional buffer behind each stage but the last holds.

    Returns:
        None where too few samples enter to tell.
    """
    return mean_interval(_entries(diagram, exits, buffered))


def mean_interval(entered: Sequence[int]) -> float | None:
    """Mean cycles between two samples once the pipeline is full, from when each entered; None for too few."""
    settled = entered[SETTLING:]
    return (settled[-1] - settled[0]) / (len(settled) - 1) if len(settled) > 1 else None


def period(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> float:
    """Cycles a sample in the long run, by the cycle model, where the same samples come again and again.

    The second time shows what the buffers cannot hold. However deep they are, they let no more in than the
    slowest block takes.

    Args:
        diagram: The accelerator.
        exits: As those of ``pace``.
        buffered: As that of ``pace``.
    """
    entered = _entries(diagram, [*exits, *exits, exits[0]], buffered)
    return max(*loads(diagram, exits), (entered[-1] - entered[len(exits)]) / len(exits))


def loads(diagram: Diagram, exits: Sequence[int]) -> Iterator[float]:
    """Cycles that every block works for a sample, weighed by the part of all samples that reaches it."""
    for section in diagram.sections:
        for block in section.blocks:
            # All samples pass the merge.
            stage = 0 if section.role is Role.MERGE else block.entering.stage
            reached = sum(exit_ >= stage for exit_ in exits)
            yield block.interval * reached / (block.copies * len(exits))


def machines(blocks: Iterable[Block]) -> tuple[Machine, ...]:
    """A line of machines, which begins with one that passes the rows of its input on.

    Args:
        blocks: The blocks that samples pass, in order.
    """
    blocks = list(blocks)
    # The first window tells how many rows the input has.
    rows = next((block.module.window_rows for block in blocks if block.module.window_rows), 1)
    pipeline = Pipeline((passing(rows, 0),), rows).at_least(blocks[0].entering.beats)
    for block in blocks:
        pipeline = block.module.in_pipeline(pipeline, block.entering)
        pipeline = pipeline.at_least(max(stream.beats for stream in block.given))
    return pipeline.machines


def _entries(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> list[int]:
    last = len(buffered)
    pipeline = [*diagram.first_copy(last, Role.BACKBONE), *diagram.first_copy(last, Role.EXIT)]
    early = [_early(diagram, stage, samples) for stage, samples in enumerate(buffered)]
    return entries(early, LastStage(pipeline[0].copies, machines(pipeline)), exits)


def _early(diagram: Diagram, stage: int, buffered: int) -> EarlyStage:
    backbone, exit_ = (diagram.first_copy(stage, role) for role in (Role.BACKBONE, Role.EXIT))
    (buffer,) = (block for block in diagram.first_copy(stage, Role.BUFFER) if block.module.FILL)
    line, behind = machines(backbone), machines(exit_)
    reading = behind[0].cycles
    return EarlyStage(
        copies=backbone[0].copies,
        # The split gives a beat when both have taken the one before.
        backbone=(*line[:-1], line[-1].at_least(max(reading, buffer.interval))),
        exit=behind[1:],
        ahead=reading // exit_[0].entering.beats,
        lag=behind[0].delay,
        buffered=buffered,
        passing_on=PASSING_ON,
        freeing=QUEUED,
    )
