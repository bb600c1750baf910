"""Folders where tools work: they hold only files that were put there for the tool.

A tool takes the files that it finds in its folder: Python takes modules, make takes rules and objects,
Verilator and g++ take sources. An accelerator's folder may come from outside, so no tool runs in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import LOCK, locked, remove, replacing, subfolder

MARK = ".of-fpga-ee"
"""The file that marks a folder as a workplace of ours."""


@contextmanager
def workplace(folder: Path, name: str) -> Iterator[Path]:
    """Give an empty folder inside an accelerator's folder, which no other run uses.

    Args:
        folder: The accelerator's folder.
        name: Name of the folder in it. The files of the last run in it are removed.

    Raises:
        FpgaEeError: Another run works there, it holds files of no run, or it cannot be written.
    """
    work = subfolder(folder, name)
    mark = work / MARK
    if work.is_dir() and not mark.exists() and any(path.name != LOCK for path in work.iterdir()):
        raise FpgaEeError(f"{work} holds files that no tool of ours left there: move them elsewhere")
    with locked(work):
        if not mark.exists():
            with replacing(mark) as temporary:
                temporary.write_text("What lies here is removed by the next run.\n", encoding="utf-8")
        for path in work.iterdir():
            if path.name not in {LOCK, MARK}:
                remove(path)
        yield work
