"""Reading files that others made: regular files only, no larger than they can be, one message for trouble.

A file from outside may be a pipe that never ends, a device, a link to somewhere else, or larger than memory.
All of these are refused before anything is read. Every file is read through this module.
"""

import errno
import json
import os
import stat
import tomllib
import zlib
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError

MOST_TEXT = 16 << 20
"""Bytes of the largest JSON, TOML or other text: the largest that the flow writes have a hundredth of it."""

MOST_BYTES = 2 << 30
"""Bytes of the largest file of tensors or images; protobuf holds no more in one message."""

MOST_MEMBERS = 64
"""Members of a gzip file, one behind another; what is left behind each of them is copied."""


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file that a person names.

    The path may be a link, since the person chose it.

    Args:
        path: The file.
        most: The largest size in bytes that is read.

    Raises:
        FpgaEeError: It is missing, unreadable, too large, or no regular file (a folder, a pipe, a device).
    """
    return _read(path, most, os.O_RDONLY)


def read_member(folder: Path, name: str, most: int = MOST_BYTES) -> bytes:
    """Read a file of a folder that somebody else may have made, such as an export.

    Such a folder is all there is of it, so a link that leads out of it is refused.

    Args:
        folder: The folder.
        name: Name of the file in it.
        most: The largest size in bytes that is read.

    Raises:
        FpgaEeError: The name is a path, the file is a link, or as for :func:`read_bytes`.
    """
    if name in ("", ".", "..") or Path(name).name != name or "\0" in name:
        raise FpgaEeError(f"{name!r:.60} is not the name of a file in {folder}")
    return _read(folder / name, most, os.O_RDONLY | os.O_NOFOLLOW)


def read_text(path: Path, most: int = MOST_TEXT) -> str:
    """Read a file of UTF-8 text that a person names.

    Raises:
        FpgaEeError: It is not UTF-8, or as for :func:`read_bytes`.
    """
    return decoded(path, read_bytes(path, most))


def decoded(path: Path, content: bytes) -> str:
    """The UTF-8 text that a file holds.

    Raises:
        FpgaEeError: It is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FpgaEeError(f"{path} is not text: byte {error.start:,} is not UTF-8") from error


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        FpgaEeError: The file is missing, unreadable, too large, or not JSON.
    """
    return parsed_json(path, read_bytes(path, MOST_TEXT))


def parsed_json(path: Path, content: bytes) -> Any:
    """What the content of a JSON file says.

    Raises:
        FpgaEeError: It is not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not valid JSON: {error}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        FpgaEeError: The file is missing, unreadable, too large, or not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not valid TOML: {error}") from error


def unpacked(path: Path, packed: bytes, most: int) -> bytes:
    """Unpack gzip, and stop where it does not end.

    Args:
        path: The file that holds it, for messages.
        packed: Its content.
        most: The largest size in bytes that is unpacked.

    Raises:
        FpgaEeError: It is damaged, larger than that, or of more members than such files have.
    """
    content, rest, members = b"", packed, 0
    try:
        while rest:
            members += 1
            if members > MOST_MEMBERS:
                raise FpgaEeError(f"{path} has more than {MOST_MEMBERS} gzip members; get the file again")
            # 16 + MAX_WBITS: a gzip header and its checksum.
            member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            content += member.decompress(rest, most + 1 - len(content))
            if len(content) > most:
                raise FpgaEeError(
                    f"{path} unpacks to more than {most:,} bytes: it is not the file it should be"
                )
            if not member.eof:
                raise FpgaEeError(f"{path} is not a complete gzip file; get the file again")
            rest = member.unused_data
    except zlib.error as error:
        raise FpgaEeError(f"{path} is not a complete gzip file ({error}); get the file again") from error
    return content


def _read(path: Path, most: int, flags: int) -> bytes:
    try:
        # Without waiting: opening a pipe would wait for somebody who writes into it.
        handle = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FpgaEeError(f"{path} is a link: put the file itself there") from error
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FpgaEeError(f"cannot read {str(path)!r:.80}: {error}") from error
    try:
        # Before a file is made of it, which cannot be of a folder.
        _check_readable(path, os.fstat(handle), most)
        with os.fdopen(handle, "rb", closefd=False) as file:
            # One byte more, for a file that grows while it is read.
            content = file.read(most + 1)
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
    finally:
        os.close(handle)
    if len(content) > most:
        raise FpgaEeError(f"{path} has more than {most:,} bytes: they are not read here")
    return content


def _check_readable(path: Path, found: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise FpgaEeError(f"cannot read {path}: it is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise FpgaEeError(f"cannot read {path}: it is a pipe or a device, not a file")
    if found.st_size > most:
        raise FpgaEeError(f"{path} has {found.st_size:,} bytes: more than {most:,} are not read here")
