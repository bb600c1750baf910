"""Writing files so that nothing half-written ever stands under its final name."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError

LOCK = ".lock"
"""The file by which a run keeps a folder to itself."""


def check_writable(folder: Path, *names: str) -> None:
    """Make a folder where it is missing, and check that files can be written into it.

    Args:
        folder: The folder.
        names: Files in it that will be written, by tools too; folders must not stand there.

    Raises:
        FpgaEeError: They cannot.
    """
    with _own_writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    for path in (folder / name for name in names):
        if path.exists():
            with _own_writing(path):
                # Without waiting: opening a pipe would wait for somebody who reads it.
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a folder to oneself while one works in it; it is made where it is missing.

    Raises:
        FpgaEeError: Another process works in it, or it cannot be written.
    """
    path = folder / LOCK
    check_writable(folder)
    with _own_writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    # The lock goes with the process, however that ends.
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FpgaEeError(f"{folder} is in use by another run: wait for it") from error
        yield
    finally:
        os.close(handle)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path`` to write to, and rename it when the block succeeds.

    The folder is made where it is missing. When the block fails, the temporary file is removed and
    what stood under ``path`` before still stands there.

    Raises:
        FpgaEeError: The folder or the file cannot be written (no permission, no space, ...).
    """
    with _own_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # The suffix is kept because some writers choose the format by it.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
    temporary = Path(name)
    try:
        with _writing_to(temporary, path):
            yield temporary
        with _own_writing(path):
            temporary.chmod(0o644)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_together(folder: Path, *, last: str) -> Iterator[Path]:
    """Give a temporary folder to write a set of files to, and move them all in when the block succeeds.

    Args:
        folder: Where the files belong; made where it is missing. Other files in it stay.
        last: The file that is moved last: the one that vouches for the others.

    Raises:
        FpgaEeError: The folder or a file cannot be written.
    """
    with _own_writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        directory = tempfile.TemporaryDirectory(dir=folder, prefix=".writing-")
    with directory as name:
        temporary = Path(name)
        with _writing_to(temporary, folder):
            yield temporary
        with _own_writing(folder):
            for path in sorted(temporary.iterdir(), key=lambda path: path.name == last):
                path.replace(folder / path.name)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; there may be none.

    Raises:
        FpgaEeError: It cannot be removed.
    """
    with _own_writing(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def link(path: Path, target: Path) -> None:
    """Make a link, instead of a file or another link that may stand there.

    Raises:
        FpgaEeError: It cannot be made, such as where a folder stands.
    """
    with _own_writing(path):
        path.unlink(missing_ok=True)
        path.symlink_to(target.resolve())


@contextmanager
def _own_writing(path: Path) -> Iterator[None]:
    """Say of any trouble that ``path`` cannot be written."""
    try:
        yield
    except OSError as error:
        raise _not_written(path, error) from error


@contextmanager
def _writing_to(temporary: Path, path: Path) -> Iterator[None]:
    """Say of trouble with ``temporary`` that ``path`` cannot be written; other trouble is not ours."""
    try:
        yield
    except OSError as error:
        # A disk that is full names no file.
        if error.filename is None or Path(str(error.filename)).is_relative_to(temporary):
            raise _not_written(path, error) from error
        raise


def _not_written(path: Path, error: OSError) -> FpgaEeError:
    return FpgaEeError(f"cannot write {path}: {error.strerror or error}; choose another folder")


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented JSON, keys in the order they have.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
