"""Runs other programs and reads their output. No program outlives the step that started it.

Each runs in a group with a watcher, which kills the group, and itself, when this process ends in whatever
way: the watcher reads a pipe that ends with this process. So it holds for SIGKILL too, and for all that a
program starts, as make starts compilers.

Programs take nothing from the folders where they work or are called. So paths that begin in the current
folder are left out of their environment, and so are variables with options for tools.
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
"""Variables with lists of folders in which programs, libraries and headers are searched."""

_OPTIONS = re.compile(r"PYTHON|PERL|MAKE|MFLAGS|GNUMAKE|VERILATOR|LD_PRELOAD|GCC_EXEC_PREFIX|BASH_ENV|ENV$")
"""Matches variables from which tools take options, files to run, or further files."""


def run(
    command: Sequence[str], folder: Path, log: Path, further: Mapping[str, str] = MappingProxyType({})
) -> int:
    """Run a program until it ends.

    Args:
        command: The program and its arguments.
        folder: The folder where it runs.
        log: The file for all of its output.
        further: Variables beside those of this process.

    Returns:
        The exit code; negative for the signal that ended the program.

    Raises:
        FpgaEeError: The program cannot be started.
    """
    with log.open("w", encoding="utf-8") as output, _started(command, folder, output, further) as process:
        return process.wait()


def python(package: str, program: str, *arguments: str) -> list[str]:
    """Write the command that runs a Python program which sees only the modules installed with a package.

    Args:
        package: An installed package; the packages that it needs are installed beside it.
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
    """Choose the variables for programs: paths only with absolute folders, and no options for tools."""
    kept = {name: value for name, value in of.items() if not _OPTIONS.match(name)}
    for name in kept.keys() & _PATHS:
        folders = [folder for folder in kept[name].split(os.pathsep) if Path(folder).is_absolute()]
        kept[name] = os.pathsep.join(folders)
    return kept


@contextmanager
def talking(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a program and give its output, ``stdout`` and ``stderr`` as one, while it runs.

    After the block the program has ended, and ``returncode`` is set. An exception in the block kills it.

    Raises:
        FpgaEeError: The program cannot be started.
    """
    with _started(command, folder, subprocess.PIPE, {}) as process:
        yield process


_WATCHER = "import os, signal; os.read(0, 1); os.killpg(0, signal.SIGKILL)"
"""The program of the watcher; its standard input is the pipe."""


@contextmanager
def _group() -> Iterator[int]:
    """Start a watcher in a group of its own, and give the group; at the end, all in it are killed."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-S", "-c", _WATCHER],
        env=environment(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        process_group=0,
    ) as watcher:
        try:
            yield watcher.pid
        finally:
            _kill(watcher.pid)


def _kill(group: int) -> None:
    # All of them may have ended already.
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@contextmanager
def _started(
    command: Sequence[str], folder: Path, output: int | IO[str], further: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    with _group() as group, _start(group, command, folder, output, further) as process:
        try:
            yield process
            process.wait()
        finally:
            _kill(group)


def _start(
    group: int, command: Sequence[str], folder: Path, output: int | IO[str], further: Mapping[str, str]
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env={**environment(os.environ), **further},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=group,
        )
    except OSError as error:
        raise FpgaEeError(f"cannot start {command[0]}: {error.strerror}; check that it may be run") from error
