"""Compiled simulators in a cache of the user's: the same sources give the same program.

What lies in an accelerator's folder is never run, since that may come from outside: so what was compiled
before must be kept elsewhere.
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
"""Programs that are kept, of some MB each; the oldest go."""


def compiled(files: Sequence[Path], options: Sequence[str], program: Path, build: Callable[[], Path]) -> Path:
    """Have a program, compiled now or before.

    Args:
        files: All that it is made of.
        options: All that it is made with, versions of tools too.
        program: Where it should be.
        build: Compiles it to there.

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
        # Without a cache, the next run takes longer.
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
