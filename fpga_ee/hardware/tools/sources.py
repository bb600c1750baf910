"""Where the hand-written hardware is."""

import re
from collections.abc import Iterable
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_text
from fpga_ee.shipped import HARDWARE, MISSING

LIBRARY = HARDWARE / "rtl"
"""One SystemVerilog module a file, named after it."""

BOARD = HARDWARE / "board"
"""The modules around an accelerator on a chip of its own."""

AREA = HARDWARE / "area"
"""Resources of modules: counts of a synthesis tool, and the model that is fitted on them."""

HARNESS = HARDWARE / "sim"
"""The C++ around a simulated design."""


def modules() -> list[Path]:
    """All files of the library, in the order of their names."""
    return sorted(LIBRARY.glob("*.sv"))


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)

_BEFORE_PARAMETERS = re.compile(r"\b(\w+)\s*#\(")
"""How an instance begins: ``stream_fifo #(``. So does a declaration, which names the module itself."""


def needed(names: Iterable[str]) -> list[Path]:
    """Files of modules of the library and of all modules inside of them, in the order of their names.

    Which instances there are depends on parameters: these are all that there can be.

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
    """Names of the modules that a source has instances of, beside that of its own module.

    Raises:
        FpgaEeError: The source cannot be read.
    """
    return set(_BEFORE_PARAMETERS.findall(_COMMENT.sub("", read_text(path))))
