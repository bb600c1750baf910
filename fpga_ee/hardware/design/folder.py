"""The folder of an accelerator: its files, the results about it, and the fingerprint in their records."""

import hashlib
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, decoded, read_bytes, read_member
from fpga_ee.files.writing import remove
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.tools.sources import modules

DESIGN = "design.json"
"""The file that names the export and the design of a folder."""

FILE_LIST = "files.f"

# Records come first: a work folder without its record makes no statement.
_RESULTS = ("simulation.json", "synthesis_*.json", "routed", "simulation", "waveform", "synthesis")

_SOURCE = re.compile(r"[A-Za-z]\w*\.sv", re.ASCII)

_MEMORY = re.compile(r'"(\w[\w.]*\.hex)"', re.ASCII)

_DESIGNED = re.compile(r'\s*\{\s*"schema": \d+,\s*"export": "')
"""Matches the start of a design file of hw-generate; no other program writes one that begins so."""


def sources(folder: Path) -> list[str]:
    """List the files in the file list of an accelerator.

    Raises:
        FpgaEeError: The list or a file cannot be read as text, a name is not that of a SystemVerilog file,
            or a file is missing.
    """
    path = folder / FILE_LIST
    names = _text(folder, FILE_LIST).split()
    # Tools get the names as words of their commands.
    foreign = next((name for name in names if not _SOURCE.fullmatch(name)), None)
    if foreign is not None:
        raise FpgaEeError(
            f"{path} names {foreign!r:.60}, which is no SystemVerilog file: generate the accelerator again"
        )
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise FpgaEeError(
            f"{folder} holds no {missing[0]}, which {path} names: generate the accelerator again"
        )
    for name in names:
        _text(folder, name)
    return names


def memories(folder: Path, listed: Iterable[str]) -> list[str]:
    """List the memories of a folder that the sources name, in order."""
    # The defaults of a module name memories that do not exist.
    named = {name for source in listed for name in _memories(folder / source)}
    return sorted(name for name in named if (folder / name).is_file())


def gather(folder: Path, work: Path) -> list[str]:
    """Copy the sources of an accelerator, and the memories that they name, to the folder where a tool works.

    Returns:
        Names of the sources, in the order of the file list.

    Raises:
        FpgaEeError: The file list or a file cannot be read, or one cannot be written.
    """
    listed = sources(folder)
    for name in (*listed, *memories(folder, listed)):
        (work / name).write_bytes(read_member(folder, name))
    return listed


def _text(folder: Path, name: str) -> str:
    try:
        return decoded(folder / name, read_member(folder, name, MOST_TEXT))
    except FpgaEeError as error:
        raise FpgaEeError(f"{error}; generate the accelerator again") from error


def fingerprint(folder: Path) -> str:
    """Compute the SHA-256 over names and contents of all files of an accelerator, for the records about it.

    The files are the sources, the memories that they name, and the design if there is one.

    Raises:
        FpgaEeError: The file list cannot be read, or a file is missing.
    """
    listed = sources(folder)
    design = [DESIGN] if (folder / DESIGN).is_file() else []
    names = sorted({*listed, *memories(folder, listed), *design})
    # In the form of sha256sum, a name and a content cannot run into each other.
    lines = "".join(f"{hashlib.sha256(read_member(folder, name)).hexdigest()}  {name}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


def make_way(folder: Path, names: Collection[str]) -> None:
    """Remove the files of an old accelerator that would be wrong beside a new one.

    These are its results, its memories, its modules of the library, and its design. The design goes so that
    nothing vouches for the new files if some of them do not arrive.

    Args:
        folder: A folder that may hold an accelerator; nothing is removed where it holds none.
        names: The new files. Old files of these names stay until they are replaced.

    Raises:
        FpgaEeError: A folder or a foreign file has the name of a new file, and nothing was removed; or a file
            cannot be removed.
    """
    in_the_way = [name for name in sorted(names) if (folder / name).is_dir()]
    if in_the_way:
        raise FpgaEeError(f"cannot write {folder / in_the_way[0]}: a folder stands there; remove it")
    listed = _read(folder / FILE_LIST).split()
    if f"{TOP}.sv" not in listed and not _DESIGNED.match(_read(folder / DESIGN)):
        foreign = [name for name in sorted(names) if (folder / name).exists()]
        if foreign:
            raise FpgaEeError(
                f"{folder / foreign[0]} would be overwritten, which belongs to no accelerator: "
                "choose another folder with --rtl"
            )
        return
    results = [path for pattern in _RESULTS for path in sorted(folder.glob(pattern))]
    library = {path.name for path in modules()}
    unused = sorted((_memories(folder / f"{TOP}.sv") | library.intersection(listed)) - set(names))
    for path in (*results, folder / DESIGN, *(folder / name for name in unused)):
        remove(path)


def _memories(source: Path) -> set[str]:
    """List the memories that a source names; none where the source does not exist."""
    return set(_MEMORY.findall(_read(source)))


def _read(path: Path) -> str:
    """Read the text of a file of any kind; no text where the file does not exist."""
    return read_bytes(path, MOST_TEXT).decode("utf-8", errors="replace") if path.is_file() else ""
