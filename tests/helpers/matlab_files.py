"""MATLAB 5 files for the tests, written independently of the reader."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x100) + b"IM"

DOUBLE_CLASS, BYTE_CLASS = 6, 9
"""Classes of variables."""

STORED_BYTES, STORED_DOUBLES = 2, 9
"""The types in which a variable's numbers are stored."""


def element(kind: int, content: bytes) -> bytes:
    """A part of a file: its kind, its length, itself, up to a multiple of eight bytes."""
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def variable(
    name: str,
    array: NDArray[np.generic],
    kind: int = BYTE_CLASS,
    stored: int = STORED_BYTES,
    shape: Sequence[int] | None = None,
) -> bytes:
    """Write a variable, whose stated class and shape may differ from its numbers."""
    flags = element(6, struct.pack("<II", kind, 0))
    sizes = element(5, np.array(array.shape if shape is None else shape, "<i4").tobytes())
    return element(14, flags + sizes + element(1, name.encode()) + element(stored, array.tobytes("F")))


def compressed(content: bytes) -> bytes:
    """A variable, compressed."""
    packed = zlib.compress(content)
    return struct.pack("<II", 15, len(packed)) + packed


def svhn_pixels(count: int) -> NDArray[np.uint8]:
    """Random images as SVHN has them: rows, columns, colours, images."""
    return np.random.default_rng(0).integers(0, 256, size=(32, 32, 3, count), dtype=np.uint8)


def svhn_labels(count: int) -> NDArray[np.uint8]:
    """Labels from 1 to 10 in turn."""
    return (np.arange(count, dtype=np.uint8) % 10 + 1)[:, np.newaxis]


def write_svhn(folder: Path, train: int = 20, test: int = 10) -> Path:
    """Both files of SVHN, of random images."""
    for name, count in (("train", train), ("test", test)):
        variables = (variable("X", svhn_pixels(count)), variable("y", svhn_labels(count)))
        (folder / f"{name}_32x32.mat").write_bytes(HEADER + b"".join(map(compressed, variables)))
    return folder
