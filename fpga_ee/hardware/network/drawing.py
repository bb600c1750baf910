"""A block diagram in the making, and the blocks that join streams: queues, converters, splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import lcm

from fpga_ee.hardware.diagram.diagram import Block, Role, Section
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.stream_fifo import StreamFifo
from fpga_ee.hardware.library.stream_narrow import StreamNarrow
from fpga_ee.hardware.library.stream_skid import StreamSkid
from fpga_ee.hardware.library.stream_split import StreamSplit
from fpga_ee.hardware.library.stream_widen import StreamWiden

QUEUE_DEPTH = 16
"""Least beats of a queue after a layer; up to 32 cost the same."""


@dataclass
class Drawing:
    """Sections, to which blocks are added stream by stream.

    Attributes:
        sections: The sections so far; new blocks go into the last.
        entries: Streams of sample IDs, one for each stage: an ID comes when its sample enters.
    """

    sections: list[Section] = field(default_factory=list)
    entries: list[Stream] = field(default_factory=list)

    def open(self, stage: int, role: Role) -> None:
        """Begin a section."""
        self.sections.append(Section(stage, role))

    def add(self, block: Block) -> None:
        """Add a block to the last section."""
        section = self.sections[-1]
        self.sections[-1] = replace(section, blocks=(*section.blocks, block))

    def queue(self, entering: Stream, leaving: Stream, depth: int) -> Stream:
        """Add a queue of ``depth`` beats."""
        unmarked = {} if entering.has_last else {"in_last": "1'b1", "out_last": ""}
        module = StreamFifo(width=entering.width, depth=depth)
        return self._between(f"{leaving.base}_queue", module, entering, leaving, unmarked)

    def skid(self, entering: Stream, name: str) -> Stream:
        """Add a register that breaks the combinational path of ``ready``; it costs no cycle."""
        unmarked = {} if entering.has_last else {"in_last": "1'b1", "out_last": ""}
        module = StreamSkid(width=entering.width)
        return self._between(f"{name}_skid", module, entering, replace(entering, base=name), unmarked)

    def in_lanes(self, current: Stream, lanes: int) -> Stream:
        """Convert a stream to beats of ``lanes`` words: join beats to a common multiple, then cut it."""
        common = lcm(current.lanes, lanes)
        if common != current.lanes:
            widen = StreamWiden(width=current.width, factor=common // current.lanes)
            current = self._converted(current, widen, common)
        if common != lanes:
            narrow = StreamNarrow(width=lanes * current.bits, factor=common // lanes)
            current = self._converted(current, narrow, lanes)
        return current

    def gathered(self, current: Stream, lanes: int) -> Stream:
        """Convert a stream to beats of ``lanes`` words, for a reader that holds a beat for many cycles.

        Where beats are joined, a queue takes the next beat meanwhile.
        """
        converted = self.in_lanes(current, lanes)
        if lcm(current.lanes, lanes) == current.lanes:
            return converted
        return self.queue(converted, replace(converted, base=f"{converted.base}_gathered"), QUEUE_DEPTH)

    def split(self, current: Stream, name: str, first: str, second: str) -> tuple[Stream, Stream]:
        """Give a stream to two readers. Both must take a beat before the next one comes."""
        a, b = (replace(current, base=branch, layer=None) for branch in (first, second))
        unmarked = {} if current.has_last else {"in_last": "1'b1", "a_last": "", "b_last": ""}
        module = StreamSplit(width=current.width)
        self.add(Block(name, module, {"in": current}, {"a": a, "b": b}, unmarked))
        return a, b

    def forked(self, current: Stream, names: Sequence[str]) -> list[Stream]:
        """The same stream under several names, one for each reader; all take a beat before the next comes."""
        streams = []
        for name, following in pairwise(names):
            rest = following if following == names[-1] else f"{name}_others"
            stream, current = self.split(current, f"{name}_fork", name, rest)
            streams.append(stream)
        return [*streams, current]

    def _converted(self, current: Stream, module: LibraryModule, lanes: int) -> Stream:
        name = f"{current.base}_by_{lanes}"
        leaving = replace(current, base=name, lanes=lanes, beats=current.words // lanes)
        return self._between(f"{name}_converter", module, current, leaving, {})

    def _between(
        self, name: str, module: LibraryModule, entering: Stream, leaving: Stream, ports: Mapping[str, str]
    ) -> Stream:
        self.add(Block(name, module, {"in": entering}, {"out": leaving}, ports))
        return leaving
