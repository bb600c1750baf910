"""Where the hand-written hardware is."""

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
