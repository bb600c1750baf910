"""However a command ends, it says so in one line and by its exit code."""

import errno
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.guard import guarded
from fpga_ee.printable import one_line, printable

SCRIPT = "import sys; sys.argv[1:] = {}; from fpga_ee.cli import main; main()"
NETWORKS = [sys.executable, "-c", SCRIPT.format(["networks"])]
NOBODY = [sys.executable, "-c", SCRIPT.format(["train", "Nobody"])]
NO_MEMORY = "error: there is not enough memory for this"


def failing(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, with the current folder elsewhere."""
    for name in ("tmp", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "tmp"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (FpgaEeError("no such thing"), 2, "error: no such thing\n"),
        (MemoryError(), 2, NO_MEMORY),
        (
            RuntimeError("[enforce fail] can't allocate memory: you tried"),
            2,
            NO_MEMORY,
        ),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 2, NO_MEMORY),
        (
            OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300),
            2,
            f"error: cannot use {'x' * 300}: ",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", b"\xff"),
            2,
            "error: cannot use \\udcff: ",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            2,
            "error: cannot write the output: ",
        ),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
        (SystemExit(143), 143, ""),
        (SystemExit("in words"), 1, "error: in words\n"),
        (SystemExit(), 0, ""),
    ],
)
def test_every_end_has_its_code_and_at_most_one_line(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(failing(error)) == code
    said = capsys.readouterr().err
    assert said.startswith(message)
    assert said.count("\n") == bool(message)


def test_a_fault_of_our_own_names_a_file_with_the_traceback(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(failing(KeyError("of ours\nin two lines"))) == 70
    said = capsys.readouterr().err
    (report,) = temporary.iterdir()
    assert said.startswith("error: this is a fault of fpga-ee (KeyError: ")
    assert said.endswith(f"please report it with {report}\n")
    assert said.count("\n") == 1
    text = report.read_text()
    assert "Traceback (most recent call last)" in text
    assert "raise error" in text
    assert not any(Path.cwd().iterdir())


def test_a_fault_is_told_where_no_file_can_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/nowhere")
    assert guarded(failing(ValueError("x"))) == 70
    assert "its traceback cannot be written: Not a directory" in capsys.readouterr().err


def test_warnings_and_notices_of_libraries_are_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        warnings.warn("deprecated", DeprecationWarning, stacklevel=1)
        warnings.warn("of the user", UserWarning, stacklevel=1)
        logging.getLogger("somebody").error("notice")

    assert guarded(command) == 0
    assert capsys.readouterr().err == ""
    assert logging.getLogger("somebody").isEnabledFor(logging.ERROR), "as before"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("bell\x07", "bell\\x07"),
        ("\u202egnp", "\\u202egnp"),
        ("\udcff", "\\udcff"),
        ("naïve ☃ [/b]", "naïve ☃ [/b]"),
        ("two\nlines", "two lines"),
        ("x" * 2000, "x" * 1000 + " ..."),
    ],
)
def test_a_message_steers_no_terminal_and_is_one_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_line_breaks_of_our_own_stay() -> None:
    assert printable("a\nb\tc") == "a\nb\\tc"


@pytest.mark.parametrize(
    ("command", "streams", "code", "said"),
    [
        (NETWORKS, ">&-", 0, ""),
        (NETWORKS, "<&- >&- 2>&-", 0, ""),
        (NETWORKS, ">/dev/full", 2, "error: cannot write the output: No space left on device\n"),
        (NETWORKS, ">/dev/full 2>/dev/full", 2, ""),
        (NETWORKS, ">/dev/full 2>&-", 2, ""),
        (NOBODY, ">&-", 2, "error: there is no network Nobody"),
        (NOBODY, "2>&-", 2, ""),
        (NOBODY, "2>/dev/full", 2, ""),
    ],
)
def test_closed_and_full_streams_end_no_command_in_a_traceback(
    command: list[str], streams: str, code: int, said: str
) -> None:
    # The shell closes and leads streams elsewhere, as users do.
    result = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {streams}', "sh", *command], capture_output=True, text=True, check=False
    )
    assert result.returncode == code
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == bool(said)


def test_who_reads_no_further_gets_no_complaint() -> None:
    read, write = os.pipe()
    os.close(read)
    result = subprocess.run(NETWORKS, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert result.returncode == 1
    assert result.stderr == ""


def test_names_that_are_no_text_are_shown() -> None:
    bad = [sys.executable, "-c", SCRIPT.format(["train", "n\udcff"])]
    result = subprocess.run(bad, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("error: there is no network n\\udcff")
