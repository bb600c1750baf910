"""The IDX file format of MNIST: a big-endian header and raw bytes, often gzipped."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes, unpacked

UNSIGNED_BYTE = 0x08

MOST_BYTES = 256 << 20
"""Most bytes of a file, packed or not: five times the largest of MNIST."""


def read_idx(path: Path, rank: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes. It is unpacked if its name ends in ``.gz``.

    Args:
        path: The file.
        rank: Number of dimensions that the array must have (1 for labels, 3 for grey images).

    Returns:
        The array, uint8, with the shape that the file's header gives.

    Raises:
        FpgaEeError: The file is missing, damaged, of another format, or its size differs from its header's.
    """
    content = _read(path)
    header_size = 4 + 4 * rank
    magic = bytes([0, 0, UNSIGNED_BYTE, rank])
    if content[:4] != magic:
        raise FpgaEeError(
            f"{path} is not an IDX file of unsigned bytes with {rank} dimensions: it starts with "
            f"0x{content[:4].hex()} instead of 0x{magic.hex()}; check that it is the right file"
        )
    if len(content) < header_size:
        raise FpgaEeError(
            f"{path} is truncated: its header has {len(content)} bytes instead of {header_size}; "
            "get the file again"
        )
    shape = tuple(int(size) for size in np.frombuffer(content, dtype=">u4", count=rank, offset=4))
    expected = header_size + math.prod(shape)
    if len(content) != expected:
        dimensions = " x ".join(str(size) for size in shape)
        raise FpgaEeError(
            f"{path} is {'truncated' if len(content) < expected else 'too long'}: its header announces "
            f"{dimensions} values, {expected} bytes in all, but it has {len(content)}; get the file again"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=header_size).reshape(shape)


def _read(path: Path) -> bytes:
    content = read_bytes(path, MOST_BYTES)
    return unpacked(path, content, MOST_BYTES) if path.suffix == ".gz" else content
