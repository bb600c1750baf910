"""Breaking a file as bytes, and putting something else in its place."""

import os
from pathlib import Path
from random import Random

from hostile.names import HOSTILE_NAMES


def flipped(content: bytes, random: Random) -> bytes:
    """A few bits are others."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 3, 20))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def spliced(content: bytes, random: Random) -> bytes:
    """A piece is missing, there twice, or zero."""
    start = random.randrange(len(content))
    piece = content[start : start + random.choice((1, 8, 64, 4096))]
    middle = random.choice((b"", piece * 2, bytes(len(piece)), random.randbytes(len(piece))))
    return content[:start] + middle + content[start + len(piece) :]


def truncated(content: bytes, random: Random) -> bytes:
    """The end is missing, by a byte at least that counts."""
    return content.rstrip()[: random.randrange(len(content.rstrip()))]


SOMETHING_ELSE = (
    "nothing", "empty", "folder", "pipe", "device", "link to itself", "link to nothing", "huge", "noise",
    "link to a long name",
)  # fmt: skip


def replace(path: Path, what: str, random: Random) -> None:
    """Put something else in the place of a file."""
    path.unlink()
    match what:
        case "empty":
            path.write_bytes(b"")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "link to itself":
            path.symlink_to(path.name)
        case "link to nothing":
            path.symlink_to(random.choice(HOSTILE_NAMES[:6]))
        case "huge":
            with path.open("wb") as file:
                file.truncate(1 << 42)
        case "noise":
            path.write_bytes(random.randbytes(5000))
        case "link to a long name":
            path.symlink_to("x" * 255)
