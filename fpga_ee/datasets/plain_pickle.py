"""Reads pickles of plain data, and refuses everything that could run.

A pickle is a program that may call any function of any module. This reader knows three names, those in a
pickled numpy array. For them it has stand-ins that only collect bytes and shape. It refuses all other names.
So no name in a file is ever looked up, imported or called.
"""

import io
import math
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes

MOST_VALUES = 1_000_000
"""Most values of a file; one that names a list of lists twice, and so on, holds more than memory does."""

MOST_OPERATIONS = 1_000_000
"""Most operations of a file; one of CIFAR-10's has some ten thousand, and an operation can be one byte."""

_MOST_DIMENSIONS = 8
"""Most dimensions of an array; multiplying the sizes of very many would take hours."""


def read_plain_pickle(path: Path, most: int) -> Any:
    """Read dictionaries, lists, tuples, text, bytes, numbers, and arrays of unsigned bytes.

    Text from Python 2 becomes bytes.

    Args:
        path: The file.
        most: Most bytes that are read.

    Raises:
        FpgaEeError: The file cannot be read, is too large, is damaged, or holds anything else.
    """
    content = read_bytes(path, most)
    try:
        return _plain(_PlainUnpickler(content).load(), iter(range(MOST_VALUES)))
    except Exception as error:  # a damaged pickle can end in any exception
        raise FpgaEeError(
            f"{path} is refused: it is damaged, or holds other things than numbers, text and arrays of bytes "
            f"({type(error).__name__}: {error!s:.200}); get the file again"
        ) from error


class _Array:
    """Collects bytes and shape of a pickled array."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: NDArray[np.uint8] | None = None

    def __setstate__(self, state: Any) -> None:
        version, shape, dtype, column_major, content = state
        if version != 1 or type(dtype) is not _Bytes or column_major not in (False, True, 0, 1):
            raise ValueError("an array of another kind")
        if type(shape) is not tuple or len(shape) > _MOST_DIMENSIONS:
            raise ValueError("an array without a shape")
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError("an array without a shape")
        if type(content) is not bytes or math.prod(shape) != len(content):
            raise ValueError("an array whose content does not fit its shape")
        values = np.frombuffer(content, dtype=np.uint8)
        self.values = values.reshape(shape, order="F" if column_major else "C")


class _Bytes:
    """The type of unsigned bytes, the only type that is known."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        """Ignore byte order and similar facts, which bytes do not have."""


class _MakeArray:
    """Stands for numpy's function that makes a pickled array."""

    __slots__ = ()

    def __call__(self, _kind: Any, _shape: Any, _code: Any) -> _Array:
        return _Array()


class _MakeType:
    """Stands for ``numpy.dtype``."""

    __slots__ = ()

    def __call__(self, code: Any, *_: Any) -> _Bytes:
        if code not in ("u1", b"u1"):
            # The message does not say its type: tuples that name each other again and again have no end.
            raise ValueError("an array of other numbers than bytes")
        return _Bytes()


_STAND_INS = {
    ("numpy.core.multiarray", "_reconstruct"): _MakeArray(),
    ("numpy._core.multiarray", "_reconstruct"): _MakeArray(),
    ("numpy", "dtype"): _MakeType(),
    ("numpy", "ndarray"): None,
}


Operation = Callable[[Any], None]


def _with_plain_keys(operation: Operation, keys: Callable[[list[Any]], Iterable[Any]]) -> Operation:
    """Make an operation that puts entries into a dictionary check their keys first.

    A tuple that names another tuple twice, and so on, has no hash in a lifetime.
    """

    def checked(unpickler: Any) -> None:
        if not all(type(key) in (str, bytes, int) for key in keys(unpickler.stack)):
            raise ValueError("a dictionary with other names than text and numbers")
        operation(unpickler)

    return checked


_ALL = pickle._Unpickler.dispatch  # noqa: SLF001 - not documented, but kept

_LEFT_OUT = (
    pickle.PERSID, pickle.BINPERSID, pickle.EXT1, pickle.EXT2, pickle.EXT4, pickle.INST, pickle.OBJ,
    pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.EMPTY_SET, pickle.ADDITEMS, pickle.FROZENSET, pickle.LONG4,
    pickle.BYTEARRAY8, pickle.NEXT_BUFFER, pickle.READONLY_BUFFER,
)  # fmt: skip
"""Operations that plain data does not need. Some can take very long: sets have hashes too, and integers may
have millions of digits."""

_OPERATIONS: dict[int, Operation] = {
    **{code: operation for code, operation in _ALL.items() if bytes([code]) not in _LEFT_OUT},
    pickle.SETITEM[0]: _with_plain_keys(_ALL[pickle.SETITEM[0]], lambda stack: stack[-2:-1]),
    # The stack holds the objects that were pushed since the mark.
    pickle.SETITEMS[0]: _with_plain_keys(_ALL[pickle.SETITEMS[0]], lambda stack: stack[::2]),
    pickle.DICT[0]: _with_plain_keys(_ALL[pickle.DICT[0]], lambda stack: stack[::2]),
}


class _Counted(dict[int, Operation]):
    """Operations that can be looked up only a limited number of times."""

    def __init__(self) -> None:
        super().__init__(_OPERATIONS)
        self._left = MOST_OPERATIONS

    def __getitem__(self, code: int) -> Operation:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {MOST_OPERATIONS:,} operations")
        return super().__getitem__(code)

    def __missing__(self, code: int) -> Operation:
        raise ValueError(f"the operation {bytes([code])!r}")


class _PlainUnpickler(pickle._Unpickler):  # noqa: SLF001
    """The unpickler in Python, because the other allocates as much memory as a small file announces."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="bytes")
        # Pickle's own dispatch is shared by all files.
        self.dispatch = _Counted()  # type: ignore[misc]

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) not in _STAND_INS:
            raise ValueError(f"it names {module_name:.60}.{global_name:.60}")
        return _STAND_INS[module_name, global_name]


def _plain(value: Any, counted: Iterator[int]) -> Any:
    """Replace arrays' stand-ins by arrays; refuse other stand-ins."""
    if next(counted, None) is None:
        raise ValueError(f"more than {MOST_VALUES:,} values")
    if isinstance(value, dict):
        return {_plain(key, counted): _plain(entry, counted) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(entry, counted) for entry in value)
    if isinstance(value, _Array) and value.values is not None:
        return value.values
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise ValueError("part of an array where a value should be")
