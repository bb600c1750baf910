"""IDX files for the tests, written independently of the reader."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx(path: Path, array: NDArray[np.uint8]) -> Path:
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return path


def write_mnist(folder: Path, train: int, test: int, suffix: str = "") -> Path:
    """The four files of a data set like MNIST: blank images, and labels that count from 0 to 9."""
    for name, count in (("train", train), ("t10k", test)):
        write_idx(folder / f"{name}-images-idx3-ubyte{suffix}", np.zeros((count, 28, 28), np.uint8))
        write_idx(folder / f"{name}-labels-idx1-ubyte{suffix}", (np.arange(count) % 10).astype(np.uint8))
    return folder
