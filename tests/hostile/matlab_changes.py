"""Breaking SVHN's MATLAB files."""

import struct
import zlib
from functools import cache
from random import Random

import numpy as np
from helpers.matlab_files import (
    DOUBLE_CLASS,
    HEADER,
    STORED_BYTES,
    STORED_DOUBLES,
    compressed,
    element,
    svhn_labels,
    svhn_pixels,
    variable,
)

from hostile.changes import Change, Changes

_COUNT = 20
_IMAGES, _LABELS = variable("X", svhn_pixels(_COUNT)), variable("y", svhn_labels(_COUNT))


def no_matlab(content: bytes, random: Random) -> bytes:
    """Of other versions, of other programs, or too short."""
    headers = (
        b"\x89HDF\r\n\x1a\n".ljust(512, b"\0"), b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM",
        HEADER[:124] + b"\0\0IM", HEADER[:124] + b"\1\0MI", struct.pack("<5i", 0, 32, 3072, 0, 2) + b"X\0",
    )  # fmt: skip
    return random.choice((*(header + content[128:] for header in headers), HEADER, content[:100]))


def _variables(*choices: tuple[bytes, ...]) -> Change:
    """A file of other variables, compressed or not."""

    def change(_: bytes, random: Random) -> bytes:
        packing = random.choice((compressed, bytes))
        return HEADER + b"".join(map(packing, random.choice(choices)))

    return change


def announcing(_: bytes, random: Random) -> bytes:
    """Images of a shape that their bytes do not have."""
    count = random.choice((0, 1, _COUNT - 1, _COUNT + 1, 73_257, 73_258, 2**31 - 1, -1, -(2**31)))
    shape = random.choice(((32, 32, 3, count), (count, 32, 3, 32), (32, 32, 3), (32,) * 4, (), (1,) * 40))
    images = variable("X", svhn_pixels(_COUNT), shape=shape)
    return HEADER + random.choice((compressed, bytes))(images) + compressed(_LABELS)


def wrong_length(_: bytes, random: Random) -> bytes:
    """An element whose length is another one."""
    images = compressed(_IMAGES) if random.random() < 0.5 else _IMAGES
    length = random.choice((0, 1, 7, len(images) // 2, 2**31, 2**32 - 1))
    return HEADER + images[:4] + struct.pack("<I", length) + images[8:] + compressed(_LABELS)


def matlab_bomb(_: bytes, random: Random) -> bytes:
    """More than all images of SVHN, in few bytes."""
    return HEADER + random.choice((_packed_zeros(), compressed(element(14, b"")) * 65, element(14, b"") * 65))


@cache
def _packed_zeros() -> bytes:
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    length = 500 << 20
    parts = [packer.compress(struct.pack("<II", 14, length))]
    parts += [packer.compress(piece) for _ in range(length >> 20)]
    content = b"".join(parts) + packer.flush()
    return struct.pack("<II", 15, len(content)) + content


def damaged_inside(_: bytes, random: Random) -> bytes:
    """Bits of variables that are not compressed, so that SciPy sees them."""
    content = bytearray(HEADER + _IMAGES + _LABELS)
    for _number in range(random.choice((1, 2, 5))):
        place = random.choice((random.randrange(128, 200), random.randrange(len(content) - 90, len(content))))
        content[place] ^= 1 << random.randrange(8)
    return bytes(content)


_WRONG_VARIABLES = _variables(
    (_IMAGES,), (_LABELS,), (), (_IMAGES, _LABELS, _IMAGES), (_IMAGES, _IMAGES, _LABELS), (_LABELS, _LABELS),
    (variable("X", np.zeros((32, 32, 3, _COUNT)), DOUBLE_CLASS, STORED_DOUBLES), _LABELS),
    (variable("X", svhn_pixels(_COUNT), DOUBLE_CLASS), _LABELS),
    (variable("X", svhn_pixels(_COUNT), 4), _LABELS),
    (variable("X", svhn_pixels(_COUNT), 1), _LABELS),
    (variable("X", svhn_pixels(_COUNT), 17), _LABELS),
    (variable("X", svhn_pixels(_COUNT)[:, :, 0]), _LABELS),
    (variable("X", svhn_pixels(_COUNT), stored=99), _LABELS),
    (_IMAGES, variable("y", svhn_labels(_COUNT + 1))),
    (_IMAGES, variable("y", svhn_labels(_COUNT).T)),
    (_IMAGES, variable("y", np.full((_COUNT, 1), 11, np.uint8))),
    (_IMAGES, variable("y", np.zeros((_COUNT, 1), np.uint8))),
    (_IMAGES, variable("Y", svhn_labels(_COUNT))),
    (variable("X", svhn_pixels(0)), variable("y", svhn_labels(0))),
)  # fmt: skip

_OTHER_VARIABLES = _variables(
    (_LABELS, _IMAGES),
    (variable("more\x1b[31m", svhn_labels(3)), _IMAGES, _LABELS),
    (_IMAGES, _LABELS, variable("", svhn_labels(3))),
    (variable("X", svhn_pixels(12)), variable("y", svhn_labels(12))),
    (variable("__header__", svhn_labels(3)), _IMAGES, _LABELS),
    (_IMAGES, _LABELS, variable("z" * 5000, svhn_labels(3), 6, STORED_BYTES)),
)

MATLAB = Changes(
    (no_matlab, announcing, wrong_length, matlab_bomb, _WRONG_VARIABLES), (damaged_inside, _OTHER_VARIABLES)
)
