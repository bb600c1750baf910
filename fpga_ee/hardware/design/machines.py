"""Blocks of a stage as machines, one behind another: the longest way where ways part and join again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.timing.pipeline import End, Machine, Pipeline, PipelineRun, passing


@dataclass(frozen=True)
class Step:
    """A block on a way.

    Attributes:
        block: The block.
        beside: Blocks of the shorter ways that join there.
    """

    block: Block
    beside: tuple[Block, ...] = ()


def machines(blocks: Iterable[Block]) -> tuple[Machine, ...]:
    """A line of machines, which begins with one that passes the rows of its input on.

    The line follows the longest way. It is no faster than a block of another.

    Args:
        blocks: The blocks that samples pass, in order.
    """
    return _line(longest_way([*blocks]))


def longest_way(blocks: Sequence[Block]) -> list[Step]:
    """All blocks but those of shorter ways: a sample that is alone comes to a join on the longest way last.

    Args:
        blocks: The blocks that samples pass, in order.
    """
    ways: dict[str, frozenset[int]] = {}
    steps: dict[int, Step] = {}
    for number, block in enumerate(blocks):
        read = [ways.get(stream.name, frozenset()) for stream in block.read]
        ways |= dict.fromkeys((stream.name for stream in block.given), frozenset({number}).union(*read))
        # IDs are no feature map, and wait for as long as it takes.
        joining = [way for way, stream in zip(read, block.read, strict=True) if stream.has_last]
        steps[number] = Step(block)
        if len(joining) > 1:
            longest = max(joining, key=lambda way: _time([steps[at] for at in sorted(way & steps.keys())]))
            shorter = sorted(frozenset().union(*joining) - longest)
            steps[number] = Step(block, tuple(blocks[at] for at in shorter))
            for at in shorter:
                steps.pop(at, None)
    return [*steps.values()]


def _time(way: Sequence[Step]) -> int:
    """When a sample that is alone has passed all of a way."""
    end = End()
    if way:
        PipelineRun(_line(way), end).read(0)
    return end.time


def _line(way: Sequence[Step]) -> tuple[Machine, ...]:
    # The first window tells how many rows the input has.
    rows = next((step.block.module.window_rows for step in way if step.block.module.window_rows), 1)
    pipeline = Pipeline((passing(rows, 0),), rows).at_least(way[0].block.entering.beats)
    for step in way:
        pipeline = step.block.module.in_pipeline(pipeline, step.block.entering)
        slowest = max((block.interval for block in step.beside), default=0)
        pipeline = pipeline.at_least(max(slowest, *(stream.beats for stream in step.block.given)))
    return pipeline.machines
