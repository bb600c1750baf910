"""The blocks of a stage as machines, one behind another, on the longest way between a fork and a join."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.timing.pipeline import End, Machine, Pipeline, PipelineRun, passing


@dataclass(frozen=True)
class Step:
    """A block on the longest way.

    Attributes:
        block: The block.
        beside: Blocks of the shorter ways that join the longest way at this block.
    """

    block: Block
    beside: tuple[Block, ...] = ()


def machines(blocks: Iterable[Block]) -> tuple[Machine, ...]:
    """Make a pipeline of machines. The first machine passes the rows of the input on.

    The pipeline follows the longest way. It is no faster than any block of a shorter way.

    Args:
        blocks: The blocks that samples pass, in order.
    """
    return _machines_of(longest_way([*blocks]))


def longest_way(blocks: Sequence[Block]) -> list[Step]:
    """List the blocks of the longest way. On it, a sample without others comes to every join last.

    Args:
        blocks: The blocks that samples pass, in order.
    """
    ways: dict[str, frozenset[int]] = {}
    steps: dict[int, Step] = {}
    for number, block in enumerate(blocks):
        read = [ways.get(stream.name, frozenset()) for stream in block.read]
        ways |= dict.fromkeys((stream.name for stream in block.given), frozenset({number}).union(*read))
        # IDs are no feature map, and wait as long as they must.
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
    """Compute the cycle in which a sample without others has passed a way."""
    end = End()
    if way:
        PipelineRun(_machines_of(way), end).read(0)
    return end.time


def _machines_of(way: Sequence[Step]) -> tuple[Machine, ...]:
    # The first window tells how many rows the input has.
    rows = next((step.block.module.window_rows for step in way if step.block.module.window_rows), 1)
    pipeline = Pipeline((passing(rows, 0),), rows).at_least(way[0].block.entering.beats)
    for step in way:
        pipeline = step.block.module.in_pipeline(pipeline, step.block.entering)
        slowest = max((block.interval for block in step.beside), default=0)
        pipeline = pipeline.at_least(max(slowest, *(stream.beats for stream in step.block.given)))
    return pipeline.machines
