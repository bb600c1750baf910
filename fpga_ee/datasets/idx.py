"""The IDX file format of MNIST: a big-endian header and raw bytes, often gzipped."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, rank: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, unpacking it where its name ends in ``.gz``.

    Args:
        path: The file.
        rank: Dimensions that the array must have (1 for labels, 3 for grey images).

    Returns:
        The array, uint8, with the shape that the file's header gives.

    Raises:
        FpgaEeError: The file is missing, damaged, of another format, or of another size than its
            header says.
    """
    content = _read_bytes(path)
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


def _read_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FpgaEeError(f"{path} is not a complete gzip file ({error}); get the file again") from error
