"""Breaks files that PyTorch saved: an archive with a pickle in it."""

import io
import pickle
import zipfile
from random import Random
from typing import Any

from hostile.changes import Change, Changes


def with_pickle(content: bytes, pickled: bytes, packing: int = zipfile.ZIP_STORED) -> bytes:
    """The same archive with another pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(file, "w", packing) as archive:
        for entry in given.infolist():
            own = entry.filename.endswith("data.pkl")
            archive.writestr(entry.filename, pickled if own else given.read(entry))
    return file.getvalue()


def pickle_of(content: bytes) -> bytes:
    """The pickle in an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))


def endless(content: bytes, random: Random) -> bytes:
    """A name or a value that holds another one twice, and so on."""
    pair = random.choice((tuple, list))
    value: Any = pair()
    for _ in range(60):
        value = pair((value, value))
    pickled = pickle.dumps(value, 2)[2:-1]
    entry = pickled + b"K\1s." if pair is tuple else b"X\1\0\0\0w" + pickled + b"s."
    return with_pickle(content, b"\x80\2}" + entry)


def operations_without_end(content: bytes, random: Random) -> bytes:
    return with_pickle(content, b"\x80\2" + random.choice((b"]", b"}", b"N")) * 1_500_000 + b".")


def calling(content: bytes, random: Random) -> bytes:
    name = random.choice((b"os\nsystem", b"builtins\neval", b"torch\nload", b"torch\nos.system"))
    return with_pickle(content, b"\x80\2c" + name + b"\nX\7\0\0\0escaped\x85R.")


def compressed(content: bytes, _: Random) -> bytes:
    return with_pickle(content, pickle_of(content), zipfile.ZIP_DEFLATED)


def without_a_part(content: bytes, random: Random) -> bytes:
    """An archive that lacks its pickle or the numbers of a tensor."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(file, "w") as archive:
        names = given.namelist()
        needed = [name for name in names if name.endswith("data.pkl") or "/data/" in name]
        missing = random.choice(needed)
        for name in names:
            if name != missing:
                archive.writestr(name, given.read(name))
    return file.getvalue()


def other_operations(content: bytes, random: Random) -> bytes:
    """A few bytes of the pickle are others; the archive is whole."""
    changed = bytearray(pickle_of(content))
    for _ in range(random.choice((1, 3))):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return with_pickle(content, bytes(changed))


_INVALID: tuple[Change, ...] = (endless, operations_without_end, calling, compressed, without_a_part)

PYTORCH = Changes(_INVALID, (other_operations,))
