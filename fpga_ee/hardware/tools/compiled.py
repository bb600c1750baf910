"""A cache of compiled simulators in the user's cache folder: the same sources give the same program.

An accelerator's folder may come from outside, so no program in it is ever run. So compiled programs must be
kept elsewhere.
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.caching import cache_folder
from fpga_ee.files.reading import read_bytes
from fpga_ee.files.writing import remove, replacing

KEPT = 16
"""Number of programs that are kept, with some MB each; the oldest are removed."""


def compiled(files: Sequence[Path], options: Sequence[str], program: Path, build: Callable[[], Path]) -> Path:
    """Get a program from the cache, or compile it.

    Args:
        files: All files that it is made of.
        options: All options that it is made with, and the versions of the tools.
        program: The path for the program.
        build: Compiles the program to that path.

    Raises:
        FpgaEeError: A file cannot be read, or the program cannot be compiled or written.
    """
    kept = cache_folder("simulators") / _key(files, options)
    if kept.is_file():
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kept, program)
        kept.touch()
    else:
        built = build()
        # Without a cache, the next run only takes longer.
        with suppress(FpgaEeError), replacing(kept) as temporary:
            shutil.copy(built, temporary)
        with suppress(OSError):
            _remove_oldest(kept.parent)
    program.chmod(0o755)
    return program


def _key(files: Sequence[Path], options: Sequence[str]) -> str:
    made_of = [f"{path.name} {hashlib.sha256(read_bytes(path)).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join([*made_of, *options]).encode()).hexdigest()


def _remove_oldest(folder: Path) -> None:
    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_age[KEPT:]:
        remove(path)
