"""Breaking IDX files, as they are and packed with gzip."""

import gzip
import struct
import zlib
from functools import cache
from random import Random

import numpy as np

from hostile.changes import Change, Changes


def wrong_magic(content: bytes, random: Random) -> bytes:
    place = random.randrange(4)
    byte = random.choice([value for value in range(256) if value != content[place]])
    return content[:place] + bytes([byte]) + content[place + 1 :]


def wrong_count(content: bytes, random: Random) -> bytes:
    place = 4 + 4 * random.randrange(content[3])
    (count,) = struct.unpack_from(">I", content, place)
    others = {0, 1, count - 1, count + 1, 2 * count, 10**6, 2**31, 2**32 - 1} - {count}
    return content[:place] + struct.pack(">I", random.choice(sorted(others))) + content[place + 4 :]


def trailing(content: bytes, random: Random) -> bytes:
    return content + random.randbytes(random.choice((1, 4, 784, 5000)))


def fewer(content: bytes, random: Random) -> bytes:
    """Images without labels, or labels without images; the file itself is whole."""
    shape = struct.unpack_from(f">{content[3]}I", content, 4)
    count = random.randrange(shape[0])
    header = content[:4] + struct.pack(f">{len(shape)}I", count, *shape[1:])
    size = int(np.prod(shape[1:], dtype=int))
    return header + content[4 + 4 * len(shape) :][: count * size]


def another_content(content: bytes, random: Random) -> bytes:
    """Images of another size, or a label that there is not; the file itself is whole."""
    if content[3] == 3:
        rows = random.choice((1, 14, 56, 784))
        return content[:8] + struct.pack(">II", rows, 784 // rows) + content[16:]
    place = random.randrange(8, len(content))
    return content[:place] + bytes([random.randrange(10, 256)]) + content[place + 1 :]


def other_pixels(content: bytes, random: Random) -> bytes:
    place = random.randrange(16, len(content))
    return content[:place] + bytes([random.randrange(10)]) + content[place + 1 :]


def packed(change: Change) -> Change:
    """Make the same change to the content of a gzip file."""
    return lambda content, random: gzip.compress(change(gzip.decompress(content), random), 1)


def cut_short(content: bytes, random: Random) -> bytes:
    return content[: random.choice((0, 1, 9, 10, 18, len(content) - 1, len(content) - 8, len(content) // 2))]


def not_packed(content: bytes, _: Random) -> bytes:
    return gzip.decompress(content)


def packed_twice(content: bytes, _: Random) -> bytes:
    return gzip.compress(content)


def noise_behind(content: bytes, random: Random) -> bytes:
    return content + random.choice((b"\0", b"garbage", random.randbytes(100), content[:20]))


def wrong_checksum(content: bytes, random: Random) -> bytes:
    place = len(content) - random.randrange(1, 9)
    return content[:place] + bytes([content[place] ^ random.randrange(1, 256)]) + content[place + 1 :]


def bomb(content: bytes, random: Random) -> bytes:
    """Write more data than any good file has, in few bytes: behind the content, alone, or in many members."""
    return random.choice(
        (content + _zeros(300), _zeros(300), _zeros(8) * 40, content + gzip.compress(b"") * 64)
    )


@cache
def _zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()


def in_members(content: bytes, random: Random) -> bytes:
    inside = gzip.decompress(content)
    place = random.randrange(len(inside))
    return gzip.compress(inside[:place]) + gzip.compress(inside[place:], 1)


_INVALID = (wrong_magic, wrong_count, trailing, fewer, another_content)

IDX = Changes(_INVALID, (other_pixels,))

PACKED_IDX = Changes(
    (*map(packed, _INVALID), cut_short, not_packed, packed_twice, noise_behind, wrong_checksum, bomb),
    (packed(other_pixels), in_members),
)
