"""Programs of others: what they say, and that none of them outlives the step that started it."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO

from fpga_ee.errors import FpgaEeError


def run(
    command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> int:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        log: Takes everything that it says.
        environment: Variables beside those of this process.

    Returns:
        Its exit code; negative for the signal that ended it.

    Raises:
        FpgaEeError: It cannot be started.
    """
    with log.open("w", encoding="utf-8") as output, _started(command, folder, output, environment) as process:
        return process.wait()


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
    command: Sequence[str], folder: Path, output: int | IO[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=os.environ | environment,
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
