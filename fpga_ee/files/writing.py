"""Writes files so that no half-written file ever has its final name."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError

LOCK = ".lock"
"""The file with which a run locks a folder."""

_PREFIX = ".writing-"
"""The start of the names of files that are not complete yet."""


def check_writable(folder: Path, *names: str) -> None:
    """Check that files can be written into a folder, before work is spent on what they will hold.

    A folder that is missing is made and removed again, so that nothing is left of a run that fails later.

    Args:
        folder: The folder.
        names: Names of files that will be written, also by tools; they must not be folders.

    Raises:
        FpgaEeError: A file cannot be written.
    """
    with _own_writing(folder), _made(folder), tempfile.TemporaryFile(dir=folder):
        pass
    for path in (folder / name for name in names):
        if path.exists():
            with _own_writing(path):
                # Without waiting: opening a pipe would wait for somebody who reads it.
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))


def subfolder(folder: Path, name: str) -> Path:
    """Give the folder inside another one for results that the user names no folder for.

    The other folder may come from others. A link in it would lead the results, and the files that they
    replace, to a place that the user does not know.

    Raises:
        FpgaEeError: The folder is a link.
    """
    path = folder / name
    if path.is_symlink():
        raise FpgaEeError(f"{path} is a link: remove it")
    return path


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, with those around it; any that was missing and is empty at the end goes again."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for each in missing:
            with suppress(OSError):
                each.rmdir()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder for one run; it is made if it is missing, and removed if nothing is written into it.

    Raises:
        FpgaEeError: Another process has locked it, or it cannot be written.
    """
    check_writable(folder)
    with ExitStack() as stack:
        with _own_writing(folder):
            stack.enter_context(_made(folder))
        stack.enter_context(_locked(folder / LOCK))
        yield


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    while True:
        with _own_writing(path):
            # Another run that wrote nothing may have removed the folder.
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
                if _is_ours(path, handle):
                    break
    # The lock ends with the process, in whatever way the process ends.
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _is_ours(path: Path, handle: int) -> bool:
    """Lock an open file, and tell whether it is still there; else another run has just unlocked it.

    Raises:
        FpgaEeError: Another run has locked it.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise FpgaEeError(f"{path.parent} is in use by another run: wait for it") from error
    except OSError:
        # On a file system without locks, nothing can be known.
        pass
    if _still_there(path, handle):
        return True
    os.close(handle)
    return False


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside ``path`` for writing, and rename it when the block succeeds.

    The folder is made if it is missing. When the block fails, the temporary file is removed, and an old file
    at ``path`` stays. Temporary files of killed runs in the folder are removed.

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
    """Give a temporary folder for a set of files, and move all of them when the block succeeds.

    Temporary files of killed runs in the folder are removed.

    Args:
        folder: The final folder of the files; it is made if it is missing. Other files in it stay.
        last: The file that is moved last, because it vouches for the others.

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
    """Remove temporary files of runs that were killed; those of running runs stay.

    Raises:
        OSError: A file cannot be removed.
    """
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            # It has disappeared meanwhile, or is no file of ours.
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
    """Make a temporary file or folder that no other run removes. Give it, and the handle with its lock."""
    while True:
        path = make()
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            # Another run has taken it for an abandoned one, before it was locked.
            continue
        # On a file system without locks, nothing is ever removed.
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
    """Lock an open file or folder until it is closed, or find that another process has locked it.

    On a file system without locks, everything counts as locked by others.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _still_there(path: Path, handle: int) -> bool:
    """Tell whether an open file still has its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it exists.

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
    """Make a link, and its folder if it is missing. It replaces a file or a link of the same name.

    Raises:
        FpgaEeError: The link cannot be made, for example because a folder has the name.
    """
    with _own_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target.resolve())


@contextmanager
def _own_writing(path: Path) -> Iterator[None]:
    """Turn any problem into an error: ``path`` cannot be written."""
    try:
        yield
    except OSError as error:
        raise _not_written(path, error) from error


@contextmanager
def _writing_to(temporary: Path, path: Path) -> Iterator[None]:
    """Turn a problem with ``temporary`` into an error: ``path`` cannot be written. Other problems pass."""
    try:
        yield
    except OSError as error:
        # The error of a full disk names no file.
        if error.filename is None or Path(str(error.filename)).is_relative_to(temporary):
            raise _not_written(path, error) from error
        raise


def _not_written(path: Path, error: OSError) -> FpgaEeError:
    return FpgaEeError(f"cannot write {path}: {error.strerror or error}; choose another folder")


def write_json(path: Path, content: Any) -> None:
    """Write ``content`` as indented JSON, with keys in their order.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
