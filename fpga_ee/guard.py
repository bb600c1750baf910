"""How a command ends: with an exit code, and with one line for trouble of any kind.

0: done. 1: the answer is no, such as a proof that failed. 2: input that cannot be used. 70: a fault of this
program. 128 + n: signal n.
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
"""Nobody reads on, such as `| head`: no fault, and nobody to tell."""


def guarded(command: Callable[[], object]) -> int:
    """Run a command, and say in one line on stderr what went wrong.

    A signal that asks it to end does so as an exception, so that programs it has started end too.

    Args:
        command: What runs.

    Returns:
        The exit code.
    """
    _open_closed_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # One that is ignored, as under nohup, stays so.
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
            code = _told(error)
    return _flushed(code)


def _told(error: BaseException) -> int:
    """Say what went wrong, and give the exit code for it."""
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
        # Where stderr is full or closed, the code alone must tell.
        _discard(sys.stderr)
    return code


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: of Python, of a process that could not be started, or of a tensor."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and ("can't allocate memory" in str(error) or "bad_alloc" in str(error))
    )


def _report(error: BaseException) -> str:
    """Write down all that is known of a fault, where it is in nobody's way; gives the file in words."""
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
    """Write what is still held back; where that fails a command that went well has not."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            # Else Python would try again at its end, and complain in two lines.
            _discard(stream)
            if code == 0:
                code = _told(error) if isinstance(error, OSError) else BAD_INPUT
    return code


def _discard(stream: object) -> None:
    """Lead a stream that cannot be written to nowhere, with all that it holds back."""
    if isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _open_closed_streams() -> None:
    """Put something in the place of streams that are closed, so that no file of ours gets their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Paths can hold bytes that are no text, and a terminal may not know all characters.
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Hold back warnings and notices of libraries, which tell nothing of what the user gave.

    Who asks Python for warnings (-W, PYTHONWARNINGS) gets them.
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
    """End with the code that is usual for a signal."""
    # Only once: another one must not come between what is being ended.
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)
