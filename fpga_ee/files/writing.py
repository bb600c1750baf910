"""Writing files so that nothing half-written ever stands under its final name."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError

LOCK = ".lock"
"""The file by which a run keeps a folder to itself."""

_PREFIX = ".writing-"
"""How the names of files begin that are not whole yet."""


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


def subfolder(folder: Path, name: str) -> Path:
    """The folder in another one where results go that the user names no folder for.

    The other folder may come from somebody else. A link in it would lead the results, and what they replace,
    to a place that the user does not know of.

    Raises:
        FpgaEeError: It is a link.
    """
    path = folder / name
    if path.is_symlink():
        raise FpgaEeError(f"{path} is a link: remove it")
    return path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a folder to oneself while one works in it; it is made where it is missing.

    Raises:
        FpgaEeError: Another process works in it, or it cannot be written.
    """
    path = folder / LOCK
    check_writable(folder)
    while True:
        with _own_writing(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise FpgaEeError(f"{folder} is in use by another run: wait for it") from error
        except OSError:
            # A file system without locks: nobody can tell.
            pass
        if _still_there(path, handle):
            break
        # Another run was just done with it.
        os.close(handle)
    # The lock goes with the process, however that ends.
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path`` to write to, and rename it when the block succeeds.

    The folder is made where it is missing. When the block fails, the temporary file is removed and
    what stood under ``path`` before still stands there. What killed runs left in the folder is removed.

    Raises:
        FpgaEeError: The folder or the file cannot be written (no permission, no space, ...).
    """
    with _own_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(path.parent)
        temporary, handle = _claim(partial(_make_file, path))
    with _removed_at_the_end(temporary, handle):
        with _writing_to(temporary, path):
            yield temporary
        with _own_writing(path):
            temporary.chmod(0o644)
            temporary.replace(path)


@contextmanager
def replacing_together(folder: Path, *, last: str) -> Iterator[Path]:
    """Give a temporary folder to write a set of files to, and move them all in when the block succeeds.

    What killed runs left in the folder is removed.

    Args:
        folder: Where the files belong; made where it is missing. Other files in it stay.
        last: The file that is moved last: the one that vouches for the others.

    Raises:
        FpgaEeError: The folder or a file cannot be written.
    """
    with _own_writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(folder)
        temporary, handle = _claim(lambda: Path(tempfile.mkdtemp(dir=folder, prefix=_PREFIX)))
    with _removed_at_the_end(temporary, handle):
        with _writing_to(temporary, folder):
            yield temporary
        with _own_writing(folder):
            for path in sorted(temporary.iterdir(), key=lambda path: path.name == last):
                path.replace(folder / path.name)


def _clear_abandoned(folder: Path) -> None:
    """Remove what runs that were killed had begun to write; what a run is still writing stays.

    Raises:
        OSError: It cannot be removed.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            # Gone meanwhile, or nothing that we write.
            continue
        try:
            if not _is_locked_by_another(handle):
                _remove(path)
        finally:
            os.close(handle)


def _make_file(path: Path) -> Path:
    # The suffix is kept because some writers choose the format by it.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX, suffix=path.suffix)
    os.close(handle)
    return Path(name)


def _claim(make: Callable[[], Path]) -> tuple[Path, int]:
    """Make a temporary file or folder that no other run clears away; gives it, and what holds the lock."""
    while True:
        path = make()
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            # Another run has taken it for abandoned, before it was locked.
            continue
        # On a file system without locks nothing is ever cleared away.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if _still_there(path, handle):
            return path, handle
        os.close(handle)


@contextmanager
def _removed_at_the_end(temporary: Path, handle: int) -> Iterator[None]:
    try:
        yield
    finally:
        try:
            _remove(temporary)
        finally:
            os.close(handle)


def _is_locked_by_another(handle: int) -> bool:
    """Lock an open file or folder as long as it is open, or tell that another has.

    On a file system without locks everything is somebody else's.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _still_there(path: Path, handle: int) -> bool:
    """Whether an open file still stands under its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; there may be none.

    Raises:
        FpgaEeError: It cannot be removed.
    """
    with _own_writing(path):
        _remove(path)


def _remove(path: Path) -> None:
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
