"""Makes MATLAB 5 files uncompressed, because SciPy unpacks any length that a variable announces."""

import struct
import zlib

_HEADER = 128
_BYTE_ORDERS = {b"\0\1IM": "<", b"\1\0MI": ">"}
"""Version and byte order, the last bytes of a header, with the byte order in NumPy's letters."""

_TAG = 8
"""Number of bytes at the start of an element: its kind and the length of the rest."""

_MATRIX, _COMPRESSED = 14, 15
"""Kinds of elements: a variable, and a compressed one."""

_NUMBERS = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13})
"""Kinds of elements that are numbers. SciPy ends the process at an array of another kind."""

_DESCRIBING = 3
"""Number of a variable's elements before its numbers: flags, sizes and name."""

_MOST_VARIABLES = 64
"""Most variables of a file; data sets have a handful."""


def uncompressed(content: bytes, most: int) -> bytes:
    """Give the same MATLAB 5 file without compression.

    Args:
        content: The file.
        most: Most bytes that are unpacked.

    Raises:
        ValueError: It is no MATLAB 5 file, incomplete, unpacks to more bytes, or has too many variables.
        struct.error, zlib.error: It is damaged.
    """
    order = _BYTE_ORDERS.get(content[124:_HEADER])
    if order is None:
        raise ValueError("it is no MATLAB 5 file")
    tag = struct.Struct(f"{order}II")
    elements, place, left = [content[:_HEADER]], _HEADER, most
    while place < len(content):
        kind, length = tag.unpack_from(content, place)
        element = content[place : place + _TAG + length]
        if len(element) != _TAG + length:
            raise ValueError("it is truncated")
        place += len(element)
        if kind == _COMPRESSED:
            element = zlib.decompressobj().decompress(element[_TAG:], left + 1)
            left -= len(element)
            if left < 0:
                raise ValueError(f"it unpacks to more than {most:,} bytes")
            kind, length = tag.unpack_from(element)
            # Bytes after the variable do not belong to it.
            element = element[: _TAG + length]
        if kind != _MATRIX or len(element) != _TAG + length:
            raise ValueError("it holds something else than whole variables")
        _check_numbers(element, tag)
        elements.append(element)
        if len(elements) > _MOST_VARIABLES + 1:
            raise ValueError(f"it holds more than {_MOST_VARIABLES} variables")
    return b"".join(elements)


def _check_numbers(variable: bytes, tag: struct.Struct) -> None:
    """Check that a variable is an array of numbers, and that its elements are complete.

    Raises:
        ValueError: It is no array of numbers.
        struct.error: An element has no tag.
    """
    place, elements = _TAG, 0
    while place < len(variable):
        kind, length = tag.unpack_from(variable, place)
        end = place + _TAG + length + -length % 8
        if kind >> 16:
            # Up to four bytes lie in the tag itself; the upper half of the kind is their number.
            kind, end = kind & 0xFFFF, place + _TAG
        if elements >= _DESCRIBING and kind not in _NUMBERS:
            raise ValueError("it holds a variable that is no array of numbers")
        # The last element need not be padded.
        if end > len(variable) + 7:
            raise ValueError("it holds a variable that is truncated")
        place, elements = end, elements + 1
