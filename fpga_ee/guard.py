"""The end of a command: an exit code, and one line for any problem.

0: done. 1: the answer is no, for example a proof that failed. 2: input that cannot be used. 70: a fault of
this program. 128 + n: signal n.
"""

import errno
import io
import logging
import os
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from fpga_ee.errors import FpgaEeError
from fpga_ee.printable import one_line

BAD_INPUT = 2
OWN_FAULT = 70
"""``EX_SOFTWARE`` of sysexits.h."""

_BROKEN_PIPE = 1
"""The reader has gone, as with `| head`. This is no fault, and nobody reads a message."""


def guarded(command: Callable[[], object]) -> int:
    """Run a command, and report a problem in one line on stderr.

    A signal that asks the command to end raises an exception, so that programs that it has started end too.

    Args:
        command: The command.

    Returns:
        The exit code.
    """
    _open_closed_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A signal that is ignored, as under nohup, stays ignored.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)
    with _quiet_libraries():
        try:
            command()
            code = 0
        except SystemExit as end:
            code = _code(end)
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT
        except BaseException as error:
            code = _reported(error)
    return _flushed(code)


def _reported(error: BaseException) -> int:
    """Report an error, and give its exit code."""
    if isinstance(error, FpgaEeError):
        return _say(BAD_INPUT, str(error))
    if _is_out_of_memory(error):
        return _say(BAD_INPUT, "there is not enough memory for this: free some, or take a smaller input")
    if isinstance(error, OSError):
        if error.errno == errno.EPIPE:
            return _BROKEN_PIPE
        if error.filename is not None:
            return _say(BAD_INPUT, f"cannot use {os.fsdecode(error.filename)}: {error.strerror or error}")
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF):
            return _say(BAD_INPUT, f"cannot write the output: {error.strerror or error}")
    fault = f"{type(error).__name__}: {one_line(str(error))[:200]}"
    return _say(OWN_FAULT, f"this is a fault of fpga-ee ({fault}); please report it with {_report(error)}")


def _say(code: int, message: str) -> int:
    try:
        sys.stderr.write(f"error: {one_line(message)}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # If stderr is full or closed, only the code can tell.
        _discard(sys.stderr)
    return code


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell whether memory ran out: of Python, of a process that could not be started, or of a tensor."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and ("can't allocate memory" in str(error) or "bad_alloc" in str(error))
    )


def _report(error: BaseException) -> str:
    """Write all facts of a fault into a temporary file, and give its name."""
    text = f"{sys.argv!r}\nPython {sys.version}\n\n{''.join(traceback.format_exception(error))}"
    try:
        handle, name = tempfile.mkstemp(prefix="fpga-ee-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as trouble:
        return f"the command; its traceback cannot be written: {trouble.strerror or trouble}"
    return name


def _code(end: SystemExit) -> int:
    if isinstance(end.code, str):
        return _say(1, end.code)
    return end.code or 0


def _flushed(code: int) -> int:
    """Flush both streams. A command that succeeded fails if this fails."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            # Otherwise Python would try again at its end, and complain in two lines.
            _discard(stream)
            if code == 0:
                code = _reported(error) if isinstance(error, OSError) else BAD_INPUT
    return code


def _discard(stream: object) -> None:
    """Redirect a stream that cannot be written, with its buffer, to the null device."""
    if isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _open_closed_streams() -> None:
    """Replace closed streams, so that no file of ours gets their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The null device gets the lowest free number.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Paths can hold bytes that are no text, and a terminal may not have all characters.
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Hide warnings and notices of libraries, which are not about the user's input.

    A user who asks Python for warnings (-W, PYTHONWARNINGS) gets them.
    """
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _leave(number: int, _frame: FrameType | None) -> None:
    """End with the usual code for a signal."""
    # Further signals are ignored, so that none interrupts the end.
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)
