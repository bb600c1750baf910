"""A block diagram: instances of library modules and the streams between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Parameter = int | str

BACKBONE = "backbone"
"""What of a stage its backbone is."""

MULTIPLIER_BITS = "MULTIPLIER_BITS"
"""Parameter of the top module: the wider operand of the FPGA's multipliers."""


@dataclass(frozen=True)
class Stream:
    """A stream between two blocks.

    Attributes:
        name: Name of its wires, without ``_data``, ``_valid``, ...
        lanes: Words of a beat.
        bits: Bits of a word.
        signed: Whether words are two's complement.
        beats: Beats of a sample.
        stage: The stage that it belongs to.
        layer: The layer whose output it carries; None inside of units.
        has_last: Whether it marks a sample's last beat.
        has_id: Whether it carries the sample's ID beside every beat.
        copy: Which copy of its stage it belongs to, where there are several.
    """

    name: str
    lanes: int
    bits: int
    signed: bool
    beats: int
    stage: int
    layer: str | None = None
    has_last: bool = True
    has_id: bool = False
    copy: int = 0

    @property
    def width(self) -> int:
        """Bits of a beat."""
        return self.lanes * self.bits


@dataclass(frozen=True)
class Block:
    """An instance of a module.

    Attributes:
        name: Its name.
        module: The module.
        parameters: Parameters that differ from block to block.
        inputs: Streams it reads, by the prefix of its ports.
        outputs: Streams it gives, likewise.
        ports: Ports that are no stream, and what they are connected to.
        note: What it does, for the comment above it.
        interval: Cycles between two samples; 0 for what is never the slowest.
        named: Parameters that are parameters or constants of the top module, and their names there.
        copies: How often it is there; each sample passes one of them.
    """

    name: str
    module: str
    parameters: Mapping[str, Parameter]
    inputs: Mapping[str, Stream]
    outputs: Mapping[str, Stream]
    ports: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    interval: int = 0
    named: Mapping[str, str] = field(default_factory=dict)
    copies: int = 1


@dataclass(frozen=True)
class Section:
    """Blocks that belong together, under a heading.

    Attributes:
        place: Where they are, such as ``Exit 0``.
        blocks: The blocks.
        what: What of it they are, such as ``backbone``; empty for all.
        copy: Which copy of the place, where there are several.
    """

    place: str
    blocks: tuple[Block, ...]
    what: str = ""
    copy: int | None = None

    @property
    def title(self) -> str:
        """The heading."""
        copy = "" if self.copy is None else f", copy {self.copy}"
        return f"{self.place}{copy}{self.what and f': {self.what}'}"


@dataclass(frozen=True)
class Diagram:
    """A whole accelerator.

    Attributes:
        network: The network's name.
        sections: Its blocks.
        entering: The stream of images.
        leaving: The stream of results.
        memories: Lines of every memory image, by its file's name.
        constants: Constants of the top module, as Verilog, by their names.
    """

    network: str
    sections: tuple[Section, ...]
    entering: Stream
    leaving: Stream
    memories: Mapping[str, list[str]]
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Block]:
        """All blocks, in the order that samples pass them."""
        return [block for section in self.sections for block in section.blocks]

    @property
    def streams(self) -> list[Stream]:
        """All streams, each once, in that order."""
        found = {self.entering.name: self.entering}
        for block in self.blocks:
            found |= {stream.name: stream for stream in block.outputs.values()}
        return list(found.values())

    @property
    def entries(self) -> list[Stream]:
        """IDs of the samples that enter, for every copy of every stage."""
        return [block.outputs["id"] for block in self.blocks if block.module == "sample_ids"]

    def source(self, stream: Stream) -> str:
        """Name of the block that gives a stream."""
        names = [block.name for block in self.blocks if stream in block.outputs.values()]
        return names[0] if names else "input"

    def reader(self, stream: Stream) -> str:
        """Name of the block that reads a stream."""
        names = [block.name for block in self.blocks if stream in block.inputs.values()]
        return names[0] if names else "output"
