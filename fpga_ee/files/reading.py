"""Reads files that others made: only regular files of limited size, and with one message for a problem.

A file from outside may be a pipe that never ends, a device, a link to another place, or larger than memory.
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
"""Most bytes of a JSON, TOML or other text; the largest text that the flow writes has a hundredth of them."""

MOST_BYTES = 2 << 30
"""Most bytes of a file of tensors or images; protobuf holds no more in one message."""

MOST_MEMBERS = 64
"""Most members of a gzip file. The rest of the file is copied after each member."""


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file that a person names.

    The path may be a link, because the person chose it.

    Args:
        path: The file.
        most: Most bytes that are read.

    Raises:
        FpgaEeError: The file is missing, unreadable, too large, or not regular (a folder, a pipe, a device).
    """
    return _read(path, most, os.O_RDONLY)


def read_member(folder: Path, name: str, most: int = MOST_BYTES) -> bytes:
    """Read a file of a folder that others may have made, for example an export.

    All files of such a folder are inside it, so a link is refused.

    Args:
        folder: The folder.
        name: Name of the file in it.
        most: Most bytes that are read.

    Raises:
        FpgaEeError: The name is a path, the file is a link; or as for :func:`read_bytes`.
    """
    if name in ("", ".", "..") or Path(name).name != name or "\0" in name:
        raise FpgaEeError(f"{name!r:.60} is not the name of a file in {folder}")
    return _read(folder / name, most, os.O_RDONLY | os.O_NOFOLLOW)


def read_text(path: Path, most: int = MOST_TEXT) -> str:
    """Read a file of UTF-8 text that a person names.

    Raises:
        FpgaEeError: The file is not UTF-8; or as for :func:`read_bytes`.
    """
    return decoded(path, read_bytes(path, most))


def decoded(path: Path, content: bytes) -> str:
    """Decode the content of a UTF-8 file.

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
    """Parse the content of a JSON file.

    Raises:
        FpgaEeError: It is not JSON.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not valid JSON: {fault_of_a_text(error)}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        FpgaEeError: The file is missing, unreadable, too large, or not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not valid TOML: {fault_of_a_text(error)}") from error


def fault_of_a_text(error: ValueError | RecursionError) -> str:
    """Describe the fault of JSON or TOML that Python's parsers refuse, its limits in our words.

    Args:
        error: The error of ``json`` or ``tomllib``.
    """
    if isinstance(error, RecursionError):
        return "its lists and tables are nested too deeply"
    if "integer string conversion" in str(error):
        return "a number in it has too many digits"
    return str(error)


def unpacked(path: Path, packed: bytes, most: int) -> bytes:
    """Unpack gzip, up to a limit.

    Args:
        path: The packed file, for messages.
        packed: Its content.
        most: Most bytes that are unpacked.

    Raises:
        FpgaEeError: It is damaged, unpacks to more bytes, or has too many members.
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
        # Opening a pipe would wait for a process that writes into it.
        handle = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FpgaEeError(f"{path} is a link: put the file itself there") from error
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FpgaEeError(f"cannot read {str(path)!r:.80}: {error}") from error
    try:
        # This comes before the handle becomes a file, because a folder's cannot.
        _check_readable(path, os.fstat(handle), most)
        with os.fdopen(handle, "rb", closefd=False) as file:
            # One byte more shows that a file grows while it is read.
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
