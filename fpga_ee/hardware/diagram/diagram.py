"""A block diagram: instances of library modules and the streams between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from fpga_ee.hardware.diagram.module import LibraryModule, constants, images
from fpga_ee.hardware.diagram.stream import Stream, copy_name
from fpga_ee.hardware.memory_image import Image, TopConstant

MULTIPLIER_BITS = "MULTIPLIER_BITS"
"""Name of the top module's parameter for the bits of the wider operand of the FPGA's multipliers."""


@dataclass(frozen=True)
class Ports:
    """Streams of one kind, side by side in wider ports. The first is in the lowest bits."""

    streams: tuple[Stream, ...]


@dataclass(frozen=True)
class Block:
    """An instance of a module.

    Attributes:
        base: Its name, without the number of its copy.
        module: The module with its parameters.
        inputs: Streams that it reads, by the prefix of their ports.
        outputs: Streams that it gives, by the prefix of their ports.
        ports: Other ports, and the expressions that are connected to them.
        note: The comment above it.
        interval: Cycles between two samples; 0 for a block that is never the slowest.
        copies: Number of copies; each sample passes one of them.
        copy: Number of the copy; None where there is only one.
    """

    base: str
    module: LibraryModule
    inputs: Mapping[str, Stream | Ports]
    outputs: Mapping[str, Stream | Ports]
    ports: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    interval: int = 0
    copies: int = 1
    copy: int | None = None

    @property
    def name(self) -> str:
        """Name of the instance."""
        return copy_name(self.base, self.copy)

    @property
    def read(self) -> list[Stream]:
        """All streams that it reads."""
        return _each(self.inputs)

    @property
    def given(self) -> list[Stream]:
        """All streams that it gives."""
        return _each(self.outputs)

    @property
    def entering(self) -> Stream:
        """The first stream that it reads, which it works on."""
        return self.read[0]

    def in_copy(self, copy: int, copies: int) -> "Block":
        """Copy the block for one of several copies of its stage."""
        inputs, outputs = (
            {prefix: _in_copy(stream, copy) for prefix, stream in streams.items()}
            for streams in (self.inputs, self.outputs)
        )
        return replace(self, inputs=inputs, outputs=outputs, copies=copies, copy=copy)


def _each(streams: Mapping[str, Stream | Ports]) -> list[Stream]:
    found: list[Stream] = []
    for stream in streams.values():
        found += stream.streams if isinstance(stream, Ports) else [stream]
    return found


def _in_copy(streams: Stream | Ports, copy: int) -> Stream | Ports:
    if isinstance(streams, Ports):
        return Ports(tuple(stream.in_copy(copy) for stream in streams.streams))
    return streams.in_copy(copy)


class Role(Enum):
    """The work that the blocks of a section do for their stage."""

    BACKBONE = "backbone"
    EXIT = "exit"
    BUFFER = "conditional buffer"
    DISTRIBUTION = "samples to the copies, in turn"
    COLLECTION = "results and feature maps of the copies"
    MERGE = "results"


@dataclass(frozen=True)
class Section:
    """Blocks that belong together, under a heading.

    Attributes:
        stage: Their stage; the merge of all results belongs to the last.
        role: The work of the blocks for their stage.
        blocks: The blocks.
        copy: Number of the copy of the stage; None where it is built once.
    """

    stage: int
    role: Role
    blocks: tuple[Block, ...] = ()
    copy: int | None = None

    @property
    def title(self) -> str:
        """Heading of the section."""
        copy = "" if self.copy is None else f", copy {self.copy}"
        return f"Stage {self.stage}{copy}: {self.role.value}"

    def in_copy(self, copy: int, copies: int) -> "Section":
        """Copy the section for one of several copies of its stage."""
        return replace(self, blocks=tuple(block.in_copy(copy, copies) for block in self.blocks), copy=copy)


@dataclass(frozen=True)
class Diagram:
    """A whole accelerator.

    Attributes:
        network: The network's name.
        sections: Its blocks.
        entering: The stream of images.
        leaving: The stream of results.
        logit_bits: Bits of a logit in the results.
        entries: Streams of the IDs of samples that enter, for every copy of every stage.
    """

    network: str
    sections: tuple[Section, ...]
    entering: Stream
    leaving: Stream
    logit_bits: int
    entries: tuple[Stream, ...]

    @property
    def blocks(self) -> list[Block]:
        """All blocks, in the order that samples pass them."""
        return [block for section in self.sections for block in section.blocks]

    @property
    def streams(self) -> list[Stream]:
        """All streams, each once, in the order that samples pass them."""
        found = {self.entering.name: self.entering}
        for block in self.blocks:
            found |= {stream.name: stream for stream in block.given}
        return list(found.values())

    @property
    def images(self) -> dict[str, Image]:
        """All memory images, by file name."""
        return {image.file: image for block in self.blocks for image in images(block.module)}

    @property
    def constants(self) -> dict[str, TopConstant]:
        """All constants of the top module, by name."""
        return {constant.name: constant for block in self.blocks for constant in constants(block.module)}

    def first_copy(self, stage: int, role: Role) -> list[Block]:
        """List the blocks of a role in a stage, or in its first copy where there are several."""
        return [
            block
            for section in self.sections
            if (section.stage, section.role) == (stage, role) and not section.copy
            for block in section.blocks
        ]

    def source(self, stream: Stream) -> str:
        """Name the block that gives a stream."""
        names = [block.name for block in self.blocks if stream in block.given]
        return names[0] if names else "input"

    def reader(self, stream: Stream) -> str:
        """Name the block that reads a stream."""
        names = [block.name for block in self.blocks if stream in block.read]
        return names[0] if names else "output"
