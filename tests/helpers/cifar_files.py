"""Files in CIFAR-10's two published layouts for the tests, written independently of the readers."""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def random_pixels(count: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, size=(count, 3, 32, 32), dtype=np.uint8)


def write_binary(path: Path, pixels: Pixels, labels: list[int]) -> Path:
    path.write_bytes(
        b"".join(bytes([label]) + image.tobytes() for label, image in zip(labels, pixels, strict=True))
    )
    return path


def write_python(path: Path, pixels: Pixels, labels: list[int]) -> Path:
    path.write_bytes(python2_pickle(array_opcodes(pixels.reshape(len(pixels), -1)), labels))
    return path


def write_cifar(folder: Path, train: int = 20, test: int = 10, files: int = 1) -> Path:
    """A folder with some of the training files, of ``train`` random images each, and a test file."""
    for number in range(files):
        pixels = random_pixels(train, seed=number)
        write_binary(folder / f"data_batch_{number + 1}.bin", pixels, [i % 10 for i in range(train)])
    write_binary(folder / "test_batch.bin", random_pixels(test, seed=99), [i % 10 for i in range(test)])
    return folder


def python2_pickle(data: bytes, labels: list[int]) -> bytes:
    """Write a pickle as Python 2 did: {"data": array, "labels": list}, from the opcodes of the array."""
    numbers = b"".join(_integer(label) for label in labels)
    return b"\x80\x02}(" + _text(b"data") + data + _text(b"labels") + b"](" + numbers + b"eu."


def array_opcodes(array: NDArray[np.uint8], code: bytes = b"u1") -> bytes:
    """Write the opcodes of an array as numpy did in protocol 2."""
    make = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + _text(b"b") + b"\x87R"
    kind = b"cnumpy\ndtype\n" + _text(code) + b"K\x00K\x01\x87R"
    byte_order = b"(K\x03" + _text(b"|") + b"NNN" + _integer(-1) + _integer(-1) + b"K\x00tb"
    shape = b"(" + b"".join(_integer(size) for size in array.shape) + b"t"
    content = b"T" + struct.pack("<I", array.nbytes) + array.tobytes()
    return make + b"(K\x01" + shape + kind + byte_order + b"\x89" + content + b"tb"


def _text(text: bytes) -> bytes:
    return b"U" + bytes([len(text)]) + text


def _integer(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)
