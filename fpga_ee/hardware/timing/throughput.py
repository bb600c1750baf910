"""Cycles a sample of a whole accelerator: of a run, and in the long run.

A stage that is fast enough on the mean still holds the stages before it up when late samples come in bursts
that its buffer cannot hold. And one that is too slow on the mean holds nothing up until its buffer is full: a
run of a few hundred samples may be over before. So samples are played through all stages, one after another
(``stages.py``).
"""

from collections.abc import Iterator, Sequence

from fpga_ee.hardware.diagram.diagram import Block, Diagram
from fpga_ee.hardware.timing.stages import entries

SETTLING = 16
"""Samples that are left out at the start, because they only fill the pipeline."""


def stage_of(block: Block) -> int:
    """The stage that a block works for; all samples pass the merge."""
    return 0 if block.module == "exit_merge" else next(iter(block.inputs.values())).stage


def pace(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> float | None:
    """Cycles between two samples that enter, in the mean of a run, by the cycle model.

    Args:
        diagram: The accelerator.
        exits: Exit of every sample, in the order in which they enter.
        buffered: Samples that the conditional buffer behind each stage but the last holds.

    Returns:
        None where too few samples enter to tell.
    """
    return mean_interval(entries(diagram, exits, buffered))


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
    entered = entries(diagram, [*exits, *exits, exits[0]], buffered)
    return max(*_loads(diagram, exits), (entered[-1] - entered[len(exits)]) / len(exits))


def _loads(diagram: Diagram, exits: Sequence[int]) -> Iterator[float]:
    """Cycles that every block works for a sample, weighed by the part of all samples that reaches it."""
    for block in diagram.blocks:
        reached = sum(exit_ >= stage_of(block) for exit_ in exits)
        yield block.interval * reached / (block.copies * len(exits))
