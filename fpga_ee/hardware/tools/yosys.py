"""Yosys, as pip installs it (pyosys): runs commands."""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.tools import programs

_PROGRAM = """\
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1:]:
    libyosys.run_pass(command, design)
"""


def version() -> str:
    """Give the version, for the record of every figure.

    Raises:
        FpgaEeError: Yosys is not installed.
    """
    if importlib.util.find_spec("pyosys") is None:
        raise FpgaEeError("synthesis needs Yosys: pip install 'fpga-ee[rtl]'")
    return f"Yosys {importlib.metadata.version('pyosys')} (pyosys)"


def run(commands: Sequence[str], folder: Path, log: Path) -> None:
    """Run commands in a process of their own, because an error ends the process.

    Args:
        commands: The commands.
        folder: The folder where they run, with sources and memories, and nothing else.
        log: The file for all output of Yosys.

    Raises:
        FpgaEeError: Yosys is missing or a command fails.
    """
    version()
    code = programs.run(programs.python("pyosys", _PROGRAM, *commands), folder, log)
    if code:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        error = next((line for line in reversed(lines) if "ERROR" in line), f"code {code}")
        raise FpgaEeError(f"Yosys cannot synthesise {folder}: {error}; see {log}")
