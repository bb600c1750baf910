"""The two file formats of CIFAR-10."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.datasets.plain_pickle import read_plain_pickle
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
RECORD = 1 + PIXELS
CLASSES = 10
MOST_IMAGES = 10_000
"""Number of images of a complete file."""

MOST_FILE = 2 * MOST_IMAGES * RECORD
"""Most bytes of a file of either format: twice those of a complete file."""

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]


def read_binary(path: Path) -> tuple[Pixels, Labels]:
    """Read a file of the binary layout: records of a label byte and 3,072 bytes, red, green, blue.

    Returns:
        Images uint8 [N, 3, 32, 32], and labels int64 [N].

    Raises:
        FpgaEeError: The file cannot be read, or has another format.
    """
    content = read_bytes(path, MOST_FILE)
    if len(content) == 0 or len(content) % RECORD:
        raise FpgaEeError(
            f"{path} has {len(content)} bytes, which is no multiple of {RECORD}, an image with its label; "
            "get the file again"
        )
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, RECORD)
    return _checked(path, records[:, 1:], records[:, 0])


def read_python(path: Path) -> tuple[Pixels, Labels]:
    """Read a file of the layout for Python: a pickled dictionary. No code in it runs.

    Returns:
        As :func:`read_binary`.

    Raises:
        FpgaEeError: The file cannot be read, or has another format.
    """
    content = read_plain_pickle(path, MOST_FILE)
    pixels, labels = (_entry(content, key) for key in ("data", "labels"))
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        raise FpgaEeError(f"{path} holds no array of {PIXELS} bytes an image as its data; get the file again")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise FpgaEeError(f"{path} holds no list of whole numbers as its labels; get the file again")
    if labels and not 0 <= min(labels) <= max(labels) <= 255:
        raise FpgaEeError(f"{path} holds labels outside 0 to {CLASSES - 1}; check that it is the right file")
    return _checked(path, pixels, np.array(labels, dtype=np.uint8))


def _entry(content: Any, key: str) -> Any:
    """Find an entry of a dictionary that Python 2 wrote, whose text is bytes in Python 3."""
    if not isinstance(content, dict):
        return None
    return content.get(key.encode(), content.get(key))


def _checked(path: Path, pixels: Pixels, labels: NDArray[np.uint8]) -> tuple[Pixels, Labels]:
    if len(pixels) != len(labels):
        raise FpgaEeError(f"{path} holds {len(pixels)} images but {len(labels)} labels; get the file again")
    if len(pixels) > MOST_IMAGES:
        raise FpgaEeError(
            f"{path} holds {len(pixels):,} images, but a file of CIFAR-10 holds {MOST_IMAGES:,}; "
            "check that it is the right file"
        )
    if len(labels) and labels.max() >= CLASSES:
        raise FpgaEeError(
            f"{path} holds the label {labels.max()}, but those of CIFAR-10 are 0 to {CLASSES - 1}; "
            "check that it is the right file"
        )
    return pixels.reshape(-1, *SHAPE), labels.astype(np.int64)
