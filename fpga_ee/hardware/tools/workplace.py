"""Where tools work: folders that hold nothing but what was put there for them.

A tool takes what it finds in its folder: Python its modules, make its rules and objects, Verilator and g++
further sources. An accelerator's folder may come from outside, so no tool runs in it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import LOCK, alone, remove, replacing, subfolder

MARK = ".of-fpga-ee"
"""The file that tells a folder of work of ours from others."""


@contextmanager
def workplace(folder: Path, name: str) -> Iterator[Path]:
    """Have a folder of an accelerator's to oneself, empty.

    Args:
        folder: The accelerator's.
        name: Of the folder in it. What the last run left there is removed.

    Raises:
        FpgaEeError: Another run works there, it holds what no run left, or it cannot be written.
    """
    work = subfolder(folder, name)
    mark = work / MARK
    if work.is_dir() and not mark.exists() and any(path.name != LOCK for path in work.iterdir()):
        raise FpgaEeError(f"{work} holds files that no tool of ours left there: move them elsewhere")
    with alone(work):
        if not mark.exists():
            with replacing(mark) as temporary:
                temporary.write_text("What lies here is removed by the next run.\n", encoding="utf-8")
        for path in work.iterdir():
            if path.name not in {LOCK, MARK}:
                remove(path)
        yield work
