"""Cycles a sample of a whole accelerator: its busiest block, and what a full conditional buffer keeps out.

A stage that is fast enough on the mean still holds the stages before it up when late samples come in bursts
that its buffer cannot hold. So the decisions are played through the buffer, one after another, and late
samples through the layers that read it (``line.py``).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil, lcm

from fpga_ee.hardware.buffering import Traffic, stays
from fpga_ee.hardware.rtl.diagram import Block, Diagram, Section
from fpga_ee.hardware.rtl.line import Line, Machine, machines, reading

SETTLING = 16
"""Samples that are left out at the start, because they only fill the pipeline."""


def stage_of(block: Block) -> int:
    """The stage that a block works for; all samples pass the merge."""
    return 0 if block.module == "exit_merge" else next(iter(block.inputs.values())).stage


def period(diagram: Diagram, exits: Sequence[int], buffered: Sequence[int]) -> float:
    """Cycles a sample by the cycle model.

    Args:
        diagram: The accelerator.
        exits: Exit of every sample, in the order in which they enter.
        buffered: Samples that the conditional buffer behind each stage but the last holds.
    """
    # In units of which every interval among copies is a whole number.
    units = lcm(*(block.copies for block in diagram.blocks))
    slowest: dict[int, int] = {}
    copies: dict[int, int] = {}
    for block in diagram.blocks:
        stage = stage_of(block)
        slowest[stage] = max(slowest.get(stage, 0), block.interval * units // block.copies)
        copies[stage] = max(copies.get(stage, 1), block.copies)
    reached = {stage: sum(exit_ >= stage for exit_ in exits) for stage in slowest}
    periods = [slowest[stage] * reached[stage] / len(exits) for stage in slowest]
    for stage in sorted(slowest)[:-1]:
        late = [exit_ > stage for exit_ in exits if exit_ >= stage]
        behind, beyond = (
            ceil(max((slowest[n] * reached[n] for n in stages), default=0) / max(1, sum(late)))
            for stages in (range(stage + 1, len(slowest)), range(stage + 2, len(slowest)))
        )
        line = _line(diagram, stage + 1, units)
        # What holds the next stage up, for every sample that comes to one of its copies.
        line[-1] = line[-1].at_least(beyond * copies[stage + 1])
        traffic = Traffic(
            slowest[stage], decision_latency(diagram, stage) * units, behind, copies=copies[stage]
        )
        read = reading([Line(line) for _ in range(copies[stage + 1])])
        if steady := _entering(traffic, late, buffered[stage], read):
            periods.append(steady * reached[stage] / len(exits))
    return max(periods) / units


def decision_latency(diagram: Diagram, stage: int) -> int:
    """Cycles from a feature map's last word to its verdict, roughly: a window of rows in every layer.

    It only decides how many slots wait for verdicts, one or two.
    """
    section = next(section for section in diagram.sections if _is_exit(section, stage))
    lag = sum(
        block.interval * int(block.parameters["KERNEL_ROWS"]) // int(block.parameters["OUT_ROWS"])
        for block in section.blocks
        if "KERNEL_ROWS" in block.parameters
    )
    judging = sum(block.interval for block in section.blocks if block.module.startswith("exit_decision"))
    return lag + 2 * judging


def _is_exit(section: Section, stage: int) -> bool:
    return section.title.split(",")[0] == f"Exit {stage}"


def _line(diagram: Diagram, stage: int, units: int) -> list[Machine]:
    """The layers of one copy of a stage, whose buffer they read."""
    path = [
        block
        for block in diagram.blocks
        if stage_of(block) == stage and not next(iter(block.inputs.values())).copy
    ]
    return [replace(machine, cycles=machine.cycles * units) for machine in machines(path)]


def _entering(
    traffic: Traffic, late: Sequence[bool], buffered: int, read: Callable[[int], int]
) -> float | None:
    """Mean cycles between two samples that enter; None where too few enter to tell."""
    entered = [stay.entered for stay in stays(traffic, late, buffered, read)][SETTLING:]
    return (entered[-1] - entered[0]) / (len(entered) - 1) if len(entered) > 1 else None
