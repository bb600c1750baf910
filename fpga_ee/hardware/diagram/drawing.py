"""A block diagram while it is drawn, and what joins streams between blocks: queues, converters, splits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import lcm

from fpga_ee.hardware.design.foldings import Plan
from fpga_ee.hardware.diagram.diagram import Block, Parameter, Section, Stream


@dataclass
class Drawing:
    """Sections, to which blocks are added stream by stream, and the memories that the blocks read.

    Attributes:
        plan: How the network is folded.
        identifiers: What layers are called in hardware, by their names.
        sections: The sections so far; blocks go to the last.
        memories: Lines of every memory image, by its file's name.
        constants: Constants of the top module, as Verilog, by their names.
    """

    plan: Plan
    identifiers: Mapping[str, str]
    sections: list[Section] = field(default_factory=list)
    memories: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)

    def open(self, place: str, what: str = "") -> None:
        """Begin a section."""
        self.sections.append(Section(place, (), what))

    def add(self, block: Block) -> None:
        """Add a block to the section."""
        section = self.sections[-1]
        self.sections[-1] = replace(section, blocks=(*section.blocks, block))

    def streams(self, unit: str, lanes: int) -> int:
        """Streams through a split or buffer: those of the plan, else as many as it is given."""
        return self.plan.of(unit, lanes).streams_in

    def queue(self, entering: Stream, leaving: Stream, depth: int) -> Stream:
        """Hold up to so many beats."""
        unmarked = {} if entering.has_last else {"in_last": "1'b1", "out_last": ""}
        self.add(
            Block(
                f"{leaving.name}_queue",
                "stream_fifo",
                {"WIDTH": entering.width, "DEPTH": depth},
                {"in": entering},
                {"out": leaving},
                ports=unmarked,
            )
        )
        return leaving

    def skid(self, entering: Stream, name: str) -> Stream:
        """End the paths of ``ready``, at no cost in cycles."""
        unmarked = {} if entering.has_last else {"in_last": "1'b1", "out_last": ""}
        leaving = replace(entering, name=name)
        parameters: dict[str, Parameter] = {"WIDTH": entering.width}
        self.add(
            Block(f"{name}_skid", "stream_skid", parameters, {"in": entering}, {"out": leaving}, unmarked)
        )
        return leaving

    def in_lanes(self, current: Stream, lanes: int) -> Stream:
        """The same words in beats of another width: joined to a common multiple, then cut."""
        common = lcm(current.lanes, lanes)
        if common != current.lanes:
            current = self._converted(current, "stream_widen", common, common // current.lanes)
        if common != lanes:
            current = self._converted(current, "stream_narrow", lanes, common // lanes)
        return current

    def split(self, current: Stream, name: str, first: str, second: str) -> tuple[Stream, Stream]:
        """The same stream twice; both readers must take a beat before the next comes."""
        a, b = (replace(current, name=branch, layer=None) for branch in (first, second))
        unmarked = {} if current.has_last else {"in_last": "1'b1", "a_last": "", "b_last": ""}
        parameters: dict[str, Parameter] = {"WIDTH": current.width}
        outputs = {"a": a, "b": b}
        self.add(Block(name, "stream_split", parameters, {"in": current}, outputs, unmarked))
        return a, b

    def _converted(self, current: Stream, module: str, lanes: int, factor: int) -> Stream:
        name = f"{current.name}_by_{lanes}"
        words = current.beats * current.lanes
        leaving = replace(current, name=name, lanes=lanes, beats=words // lanes)
        width = min(current.width, leaving.width)
        parameters: dict[str, Parameter] = {"WIDTH": width, "FACTOR": factor}
        self.add(Block(f"{name}_converter", module, parameters, {"in": current}, {"out": leaving}))
        return leaving
