"""Where the hand-written hardware is."""

import re
from collections.abc import Iterable
from pathlib import Path

_HARDWARE = Path(__file__).parents[3] / "hw"

LIBRARY = _HARDWARE / "rtl"
"""One SystemVerilog module a file, named after it."""

BOARD = _HARDWARE / "board"
"""What stands around an accelerator on a chip of its own."""

AREA = _HARDWARE / "area"
"""What modules take: counts of a synthesis tool, and the resource model that is fitted on them."""

HARNESS = _HARDWARE / "sim"
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
        names: Names of modules; one that is not of the library needs nothing.
    """
    library = {path.stem: path for path in modules()}
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name in library and name not in found:
            found.add(name)
            waiting |= instances(library[name])
    return [library[name] for name in sorted(found)]


def instances(path: Path) -> set[str]:
    """Names of the modules that a source has instances of, beside that of its own module."""
    return set(_BEFORE_PARAMETERS.findall(_COMMENT.sub("", path.read_text(encoding="utf-8"))))
