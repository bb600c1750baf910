"""Reads the design of an accelerator, written by a person or by hw-generate."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Interval
from pydantic import Discriminator, Tag

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.schemas import Sha256, excerpt, parse_record, parse_versioned, record
from fpga_ee.hardware.design.folded_design import MOST_COPIES, Design
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.sample_ids import Depth

SCHEMA = 1
"""Version of the design file that is written beside an accelerator."""


def _form(depths: Any) -> str:
    return "each" if isinstance(depths, list | tuple) else "all"


Depths = Annotated[
    Annotated[Depth, Tag("all")] | Annotated[tuple[Depth, ...], Tag("each")], Discriminator(_form)
]
"""One depth for all conditional buffers, or a depth for each."""

Copies = Mapping[str, Annotated[int, Interval(ge=1, le=MOST_COPIES)]]


@excerpt
class _Design:
    """The part of a design file that is read. Other steps write the design's origin into it too."""

    foldings: Mapping[str, Folding]
    buffered: Depths
    copies: Copies = field(default_factory=dict)


@record
class BuiltDesign:
    """The design file that is written beside an accelerator.

    Attributes:
        export: SHA-256 of the manifest of the export that it was made from.
        foldings: As in :class:`Design`.
        buffered: As in :class:`Design`.
        copies: As in :class:`Design`.
    """

    export: Sha256
    foldings: Mapping[str, Folding]
    buffered: Depths
    copies: Copies

    @property
    def design(self) -> Design:
        """The design itself."""
        return Design(self.foldings, self.buffered, self.copies)


def read_design(path: Path) -> Design:
    """Read a design.

    Args:
        path: ``{"foldings": {"<layer>": {"coarse_in": 1, "coarse_out": 5, "fine": 25}, ...}, "buffered": 3,
            "copies": {"stage.0": 2}}``, as hw-generate writes it to ``design.json``. A stage that ``copies``
            does not name is built once. ``"buffered": [4, 2]`` gives every conditional buffer its own depth.

    Raises:
        FpgaEeError: The file is not a design.
    """
    return parse_design(path, read_bytes(path, MOST_TEXT))


def parse_design(path: Path, content: bytes) -> Design:
    """Parse the content of a design file, as :func:`read_design` does."""
    remedy = "correct it, or make one with `fpga-ee hw-estimate`"
    design = parse_record(_Design, content, path, "a design", remedy)
    return Design(design.foldings, design.buffered, design.copies)


@excerpt
class _MadeFor:
    """What a design was made for, as hw-generate and hw-fastest write it; people write neither."""

    network: str | None = None
    export: Sha256 | None = None


def check_origin(path: Path, content: bytes, network: str, export: str) -> None:
    """Check that a design file that says what it was made for was made for this export.

    Args:
        path: The file.
        content: Its content.
        network: Name of the exported network.
        export: SHA-256 of the export's manifest.

    Raises:
        FpgaEeError: It was made for another network, or for another export of it.
    """
    origin = parse_record(_MadeFor, content, path, "a design", "correct it")
    if origin.network not in {None, network}:
        raise FpgaEeError(f"{path} is a design of {origin.network}, not of {network}")
    if origin.export not in {None, export}:
        raise FpgaEeError(
            f"{path} was made for another export of {network}: choose a design for this one with "
            '`fpga-ee hw-estimate`, or take "export" out of a copy of it to build its foldings all the same'
        )


def read_built(path: Path) -> BuiltDesign:
    """Read the design of an accelerator that hw-generate wrote.

    Raises:
        FpgaEeError: The file is not a design that hw-generate wrote.
    """
    content = read_member(path.parent, path.name, MOST_TEXT)
    return parse_versioned(BuiltDesign, SCHEMA, content, path, "a design of hw-generate", "generate again")
