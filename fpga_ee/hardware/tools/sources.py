"""Folders of the hand-written hardware, and the files of its modules."""

import re
from collections.abc import Iterable
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_text
from fpga_ee.shipped import HARDWARE, MISSING

LIBRARY = HARDWARE / "rtl"
"""The library: one SystemVerilog module in a file of its name."""

BOARD = HARDWARE / "board"
"""The modules around an accelerator that is alone on a chip."""

AREA = HARDWARE / "area"
"""Resources of modules: counts of a synthesis tool, and the model that is fitted to them."""

HARNESS = HARDWARE / "sim"
"""The C++ harness around a simulated design."""


def modules() -> list[Path]:
    """List all files of the library, in the order of their names."""
    return sorted(LIBRARY.glob("*.sv"))


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)

_BEFORE_PARAMETERS = re.compile(r"\b(\w+)\s*#\(")
"""Matches the start of an instance: ``stream_fifo #(``.

A declaration, which names the module, matches too.
"""


def needed(names: Iterable[str]) -> list[Path]:
    """Find the files of modules and of all modules that may be inside them, in the order of their names.

    Parameters decide which instances exist; the files are for all parameters.

    Args:
        names: Names of modules of the library.

    Raises:
        FpgaEeError: A module is missing.
    """
    library = {path.stem: path for path in modules()}
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name not in library:
            raise FpgaEeError(f"the hardware library in {LIBRARY} has no module {name}: {MISSING}")
        found.add(name)
        waiting |= instances(library[name]) - found
    return [library[name] for name in sorted(found)]


def instances(path: Path) -> set[str]:
    """Find the modules that a source has instances of, and the source's own module.

    Raises:
        FpgaEeError: The source cannot be read.
    """
    return set(_BEFORE_PARAMETERS.findall(_COMMENT.sub("", read_text(path))))
