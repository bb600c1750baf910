"""Cycles a sample of a whole accelerator: its busiest block, and what a full conditional buffer keeps out.

A stage that is fast enough on the mean still holds the stages before it up when late samples come in bursts
that its buffer cannot hold. So the decisions are played through the buffer, one after another. A slot counts
as taken until the stages behind are done with its sample; in hardware it is free once they have read it, so
under bursts the model is a little slow.
"""

from collections.abc import Sequence
from math import ceil

from fpga_ee.hardware.buffering import Traffic, stays
from fpga_ee.hardware.rtl.diagram import Block, Diagram

SETTLING = 16
"""Samples that are left out at the start, because they only fill the pipeline."""


def stage_of(block: Block) -> int:
    """The stage that a block works for; all samples pass the merge."""
    return 0 if block.module == "exit_merge" else next(iter(block.inputs.values())).stage


def period(diagram: Diagram, exits: Sequence[int], buffered: int) -> float:
    """Cycles a sample by the cycle model.

    Args:
        diagram: The accelerator.
        exits: Exit of every sample, in the order in which they enter.
        buffered: Samples that each conditional buffer holds.
    """
    slowest: dict[int, int] = {}
    for block in diagram.blocks:
        slowest[stage_of(block)] = max(slowest.get(stage_of(block), 0), block.interval)
    reached = {stage: sum(exit_ >= stage for exit_ in exits) for stage in slowest}
    periods = [slowest[stage] * reached[stage] / len(exits) for stage in slowest]
    for stage in sorted(slowest)[:-1]:
        late = [exit_ > stage for exit_ in exits if exit_ >= stage]
        # The stages behind, weighed by the part of the late samples that reaches them.
        behind = ceil(
            max(slowest[later] * reached[later] / max(1, sum(late)) for later in slowest if later > stage)
        )
        traffic = Traffic(slowest[stage], decision_latency(diagram, stage), behind)
        if steady := _entering(traffic, late, buffered):
            periods.append(steady * reached[stage] / len(exits))
    return max(periods)


def decision_latency(diagram: Diagram, stage: int) -> int:
    """Cycles from a feature map's last word to its verdict, roughly: a window of rows in every layer.

    It only decides how many slots wait for verdicts, one or two.
    """
    section = next(section for section in diagram.sections if section.title == f"Exit {stage}")
    lag = sum(
        block.interval * int(block.parameters["KERNEL_ROWS"]) // int(block.parameters["OUT_ROWS"])
        for block in section.blocks
        if "KERNEL_ROWS" in block.parameters
    )
    judging = sum(block.interval for block in section.blocks if block.module.startswith("exit_decision"))
    return lag + 2 * judging


def _entering(traffic: Traffic, late: Sequence[bool], buffered: int) -> float | None:
    """Mean cycles between two samples that enter; None where too few enter to tell."""
    entered = [stay.entered for stay in stays(traffic, late, buffered)][SETTLING:]
    return (entered[-1] - entered[0]) / (len(entered) - 1) if len(entered) > 1 else None
