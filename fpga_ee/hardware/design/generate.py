"""Writes an accelerator: its top module, its memory images and the library modules that it uses."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fpga_ee.artifacts.manifest import Manifest, sha256
from fpga_ee.artifacts.names import MANIFEST
from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.writing import replacing_together, write_json
from fpga_ee.hardware.design.accelerator import accelerator
from fpga_ee.hardware.design.design_files import SCHEMA, read_built
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.folder import DESIGN, FILE_LIST, make_way, sources
from fpga_ee.hardware.diagram.diagram import Diagram
from fpga_ee.hardware.diagram.verilog import TOP, top
from fpga_ee.hardware.memory_image import Image
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.hardware.tools.sources import LIBRARY, needed

_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]+")

_README = """\
# {network}: an accelerator

Made by `fpga-ee hw-generate`. `{top}.sv` is the top module: instances of library modules and the streams
between them. The other `.sv` files are the library, hand-written and unchanged; each begins with what it
does, its ports, its latency and its interval. The `.hex` files are the memories: weights, biases, tables of
the exit decisions. `{files}` lists the sources; run tools in this folder, so that they find the memories.

One clock, one synchronous reset. Images come by AXI4-Stream (`s_axis`), {lanes} words of {bits} bits a beat,
channels innermost, with the sample's ID in `tid`. Results leave by `m_axis`, one logit a beat, in the order
in which they are ready. Every stream is valid/ready; a beat that is offered stays until it is taken.

| block | module | copies | cycles a sample |
| --- | --- | --- | --- |
{blocks}

The sources are under the Apache License 2.0. SPDX-License-Identifier: Apache-2.0
"""


@dataclass(frozen=True)
class Generated:
    """An accelerator, and the export and design that it was made from.

    Attributes:
        build: The folder of the export, ``build/<network>/``.
        manifest: The manifest of the export.
        graph: The network.
        design: Its design.
        diagram: Its blocks.
    """

    build: Path
    manifest: Manifest
    graph: HardwareGraph
    design: Design
    diagram: Diagram


def describe(build: Path, design: Design) -> Generated:
    """Draw the block diagram of an exported network with a design.

    Args:
        build: ``build/<network>/``.
        design: The design.

    Raises:
        FpgaEeError: The export cannot be read, or the library cannot build it.
    """
    graph, manifest, rules = read_integers(build)
    return Generated(build, manifest, graph, design, accelerator(graph, design, rules))


def read_integers(build: Path) -> tuple[HardwareGraph, Manifest, list[IntegerRule]]:
    """Read the graph, the manifest and the integer rules of an exported network.

    Raises:
        FpgaEeError: The export cannot be read, or is in float.
    """
    graph, manifest = read_export(build)
    formats = [stage.logits.format for stage in manifest.stages]
    if any(format_ is None for format_ in formats):
        raise FpgaEeError(f"{build} is a float export: hardware needs a fixed-point one")
    rules = [
        stage.rule.on_integers(format_)
        for stage, format_ in zip(manifest.stages, formats, strict=True)
        if stage.rule is not None and format_ is not None
    ]
    return graph, manifest, rules


def generate(build: Path, design: Design, folder: Path) -> Generated:
    """Write an accelerator to a folder. The same export and design give the same bytes.

    Args:
        build: ``build/<network>/``.
        design: The design.
        folder: The folder for the files; results of an old accelerator in it are removed.

    Raises:
        FpgaEeError: The export cannot be read, the library cannot build it, or the folder cannot be written.
    """
    if folder.resolve() == LIBRARY.resolve():
        raise FpgaEeError(f"{folder} is the library itself: choose another folder with --rtl")
    generated = describe(build, design)
    diagram = generated.diagram
    # This comes before anything is written, because the library may be incomplete.
    files = made_of(diagram)
    with replacing_together(folder, last=DESIGN) as temporary:
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        (temporary / "README.md").write_text(_readme(diagram), encoding="utf-8")
        write_json(
            temporary / DESIGN, {"schema": SCHEMA, "export": sha256(build / MANIFEST), **asdict(design)}
        )
        make_way(folder, [path.name for path in temporary.iterdir()])
    return generated


def made_of(diagram: Diagram) -> dict[str, bytes]:
    """Make all files of an accelerator that tools read, by their names: sources, file list and memories."""
    files = {path.name: read_bytes(path) for path in needed(block.module.NAME for block in diagram.blocks)}
    listed = [*sorted(files), f"{TOP}.sv"]
    files[f"{TOP}.sv"] = top(diagram).encode()
    files[FILE_LIST] = _text(listed)
    return files | {name: _text(image.lines) for name, image in diagram.images.items()}


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


Reader = Callable[[Path, Path], Generated]
"""Reads an accelerator from the folder of its export and its own folder: ``load`` or ``load_trusting``."""


def load(build: Path, folder: Path) -> Generated:
    """Read an accelerator that ``generate`` wrote and nobody changed.

    Raises:
        FpgaEeError: A file differs from the one that its design gives; or as for :func:`load_trusting`.
    """
    generated = load_trusting(build, folder)
    for name, content in made_of(generated.diagram).items():
        if read_member(folder, name) != content:
            raise FpgaEeError(
                f"{folder / name} is not what hw-generate makes of the design: generate again, or take the "
                "files as they are with --trust-sources"
            )
    return generated


def load_trusting(build: Path, folder: Path) -> Generated:
    """Read an accelerator whose sources and memories may differ from those that ``generate`` wrote.

    A changed source can run any program on the machine that simulates it.

    Raises:
        FpgaEeError: The folder holds no accelerator, it was made from another export, a file is missing, or a
            memory image has the wrong size.
    """
    path = folder / DESIGN
    if not path.is_file():
        raise FpgaEeError(f"{folder} holds no {DESIGN}: make one with `fpga-ee hw-generate {build}`")
    built = read_built(path)
    if built.export != sha256(build / MANIFEST):
        raise FpgaEeError(f"{folder} was made from another export than the one in {build}: generate again")
    if not (folder / f"{TOP}.sv").is_file():
        raise FpgaEeError(f"{folder} holds no {TOP}.sv: generate the accelerator again")
    sources(folder)
    generated = describe(build, built.design)
    for image in generated.diagram.images.values():
        _check_memory(folder, image)
    return generated


def _check_memory(folder: Path, image: Image) -> None:
    """Check that a memory image has the size that the design needs; its content may differ.

    Raises:
        FpgaEeError: It is missing, has too many or too few lines, or a line is no number of the right width.
    """
    path, expected = folder / image.file, image.lines
    # Leaves room for an additional line, and for line ends of two bytes.
    most = sum(len(line) + 2 for line in expected) + MOST_TEXT
    try:
        lines = read_member(folder, image.file, most).splitlines()
    except FpgaEeError as error:
        raise FpgaEeError(f"{error}; generate again") from error
    if len(lines) != len(expected):
        raise FpgaEeError(f"{path} has {len(lines):,} lines, not {len(expected):,}: generate again")
    for number, (line, wanted) in enumerate(zip(lines, expected, strict=True), start=1):
        if len(line) != len(wanted) or not _HEXADECIMAL.fullmatch(line):
            raise FpgaEeError(
                f"line {number:,} of {path} is not {len(wanted)} hexadecimal digits: generate again"
            )
        # A simulator would drop the additional bits without a message.
        if int(line, 16) >> image.width:
            raise FpgaEeError(f"line {number:,} of {path} has more than {image.width} bits: generate again")


def _readme(diagram: Diagram) -> str:
    shown = {block.base: block for block in diagram.blocks if block.interval}
    blocks = [
        f"| {name} | {block.module.NAME} | {block.copies} | {block.interval:,} |"
        for name, block in shown.items()
    ]
    entering = diagram.entering
    return _README.format(
        network=diagram.network,
        top=TOP,
        files=FILE_LIST,
        lanes=entering.lanes,
        bits=entering.bits,
        blocks="\n".join(blocks),
    )
