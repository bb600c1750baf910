"""Programs of others: what they say, and that none of them outlives the step that started it.

They take nothing from the folders that they work in or are called from: paths that begin in the current
folder, and options that the environment holds for them, are left out.
"""

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO

from fpga_ee.errors import FpgaEeError

_PATHS = frozenset(
    (
        *("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "COMPILER_PATH"),
        *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"),
    )
)
"""Lists of folders that programs, libraries and headers are looked for in."""

_OPTIONS = re.compile(r"PYTHON|PERL|MAKE|MFLAGS|GNUMAKE|VERILATOR|LD_PRELOAD|GCC_EXEC_PREFIX|BASH_ENV|ENV$")
"""Variables that tools take options, files to run, or further files from."""


def run(
    command: Sequence[str], folder: Path, log: Path, further: Mapping[str, str] = MappingProxyType({})
) -> int:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        log: Takes everything that it says.
        further: Variables beside those of this process.

    Returns:
        Its exit code; negative for the signal that ended it.

    Raises:
        FpgaEeError: It cannot be started.
    """
    with log.open("w", encoding="utf-8") as output, _started(command, folder, output, further) as process:
        return process.wait()


def python(package: str, program: str, *arguments: str) -> list[str]:
    """The command that runs a program in Python, apart from all modules but those installed with a package.

    Args:
        package: A package that is installed, and beside which those are that it needs.
        program: Text of the program.
        arguments: Its arguments.

    Raises:
        FpgaEeError: The package is not installed.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise FpgaEeError(f"the package {package} is missing: pip install 'fpga-ee[rtl]'")
    # Isolated: neither the current folder nor the environment says where modules are.
    beside = "import sys\nsys.path.append(sys.argv.pop(1))\n"
    installed = str(Path(spec.origin).parents[1].resolve())
    return [sys.executable, "-I", "-c", beside + program, installed, *arguments]


def environment(of: Mapping[str, str]) -> dict[str, str]:
    """The variables that programs get: paths only of whole folders, and no options for tools."""
    kept = {name: value for name, value in of.items() if not _OPTIONS.match(name)}
    for name in kept.keys() & _PATHS:
        folders = [folder for folder in kept[name].split(os.pathsep) if Path(folder).is_absolute()]
        kept[name] = os.pathsep.join(folders)
    return kept


@contextmanager
def talking(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a program whose ``stdout``, which is all that it says, is read while it runs.

    Behind the block it has ended and has a ``returncode``. Left by an exception, the block kills it.

    Raises:
        FpgaEeError: It cannot be started.
    """
    with _started(command, folder, subprocess.PIPE, {}) as process:
        yield process


@contextmanager
def _started(
    command: Sequence[str], folder: Path, output: int | IO[str], further: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env={**environment(os.environ), **further},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A group of its own, so that what it starts in turn, as make does, can be killed with it.
            process_group=0,
        )
    except OSError as error:
        raise FpgaEeError(f"cannot start {command[0]}: {error.strerror}; check that it may be run") from error
    with process:
        try:
            yield process
            process.wait()
        except BaseException:
            # All of them may have ended by themselves.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
