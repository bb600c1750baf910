"""The folder of an accelerator: what it is made of, what was found out about it, and how records name it."""

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

# Records first: work folders alone claim nothing.
_RESULTS = ("simulation.json", "synthesis_*.json", "routed", "simulation", "waveform", "synthesis")

_SOURCE = re.compile(r"[A-Za-z]\w*\.sv", re.ASCII)

_MEMORY = re.compile(r'"(\w[\w.]*\.hex)"', re.ASCII)

_DESIGNED = re.compile(r'\s*\{\s*"schema": \d+,\s*"export": "')
"""How the design begins that hw-generate writes, and nobody else."""


def sources(folder: Path) -> list[str]:
    """Names of the files that the file list of an accelerator names.

    Raises:
        FpgaEeError: The list or a file cannot be read as text, names what is no SystemVerilog file, or a
            file is missing.
    """
    path = folder / FILE_LIST
    names = _text(folder, FILE_LIST).split()
    # Tools are given them as words of their commands.
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
    """Names of the memories of a folder that sources name, in order."""
    # The defaults of a module name memories that there are not.
    named = {name for source in listed for name in _memories(folder / source)}
    return sorted(name for name in named if (folder / name).is_file())


def gather(folder: Path, work: Path) -> list[str]:
    """Copy the sources of an accelerator, and the memories that they name, to where a tool works.

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
    """SHA-256 over names and contents of all that an accelerator is made of, for the records about it.

    That is the sources, the memories that they name, and the design where there is one.

    Raises:
        FpgaEeError: The file list cannot be read, or a file is missing.
    """
    listed = sources(folder)
    design = [DESIGN] if (folder / DESIGN).is_file() else []
    names = sorted({*listed, *memories(folder, listed), *design})
    # As sha256sum would list them: a name and a content cannot run into each other.
    lines = "".join(f"{hashlib.sha256(read_member(folder, name)).hexdigest()}  {name}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


def make_way(folder: Path, names: Collection[str]) -> None:
    """Remove what would be wrong beside a new accelerator: what belongs to the one that stands there.

    That is its results, memories and modules of the library.
    Its design goes too: should the new files not all arrive, nothing may vouch for those that did.

    Args:
        folder: Where an accelerator may stand; where none does, nothing is removed.
        names: The new files; old ones under these names stay until they are replaced.

    Raises:
        FpgaEeError: A folder or a file of somebody else's stands where a file belongs, and nothing was
            removed; or something cannot be.
    """
    in_the_way = [name for name in sorted(names) if (folder / name).is_dir()]
    if in_the_way:
        raise FpgaEeError(f"cannot write {folder / in_the_way[0]}: a folder stands there; remove it")
    listed = _read(folder / FILE_LIST).split()
    if f"{TOP}.sv" not in listed and not _DESIGNED.match(_read(folder / DESIGN)):
        foreign = [name for name in sorted(names) if (folder / name).exists()]
        if foreign:
            raise FpgaEeError(
                f"{folder / foreign[0]} would be overwritten, which is of no accelerator: "
                "choose another folder with --rtl"
            )
        return
    results = [path for pattern in _RESULTS for path in sorted(folder.glob(pattern))]
    library = {path.name for path in modules()}
    unused = sorted((_memories(folder / f"{TOP}.sv") | library.intersection(listed)) - set(names))
    for path in (*results, folder / DESIGN, *(folder / name for name in unused)):
        remove(path)


def _memories(source: Path) -> set[str]:
    """Names of the memories that a source names; none where there is no source."""
    return set(_MEMORY.findall(_read(source)))


def _read(path: Path) -> str:
    """The text of a file of any kind; no text where there is no file."""
    return read_bytes(path, MOST_TEXT).decode("utf-8", errors="replace") if path.is_file() else ""
