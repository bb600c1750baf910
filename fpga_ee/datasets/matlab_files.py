"""MATLAB 5 files without compression: SciPy unpacks whatever length a compressed variable announces."""

import struct
import zlib

_HEADER = 128
_BYTE_ORDERS = {b"\0\1IM": "<", b"\1\0MI": ">"}
"""The last bytes of a header, version and byte order, and the same byte order in NumPy's letters."""

_TAG = 8
"""Bytes that begin an element: its kind and the length of the rest."""

_MATRIX, _COMPRESSED = 14, 15
"""Kinds of elements: a variable, and one that is compressed."""

_NUMBERS = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13})
"""Kinds of elements that are numbers. SciPy ends the process where those of an array are of no known kind."""

_DESCRIBING = 3
"""Elements of a variable before its numbers: flags, sizes and name."""

_MOST_VARIABLES = 64
"""Variables of a file; data sets have a handful."""


def uncompressed(content: bytes, most: int) -> bytes:
    """The same MATLAB 5 file with no variable compressed.

    Args:
        content: The file.
        most: The largest size in bytes that is unpacked.

    Raises:
        ValueError: It is no MATLAB 5 file, incomplete, unpacks to more than that, or has too many variables.
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
            # What stands behind the variable is none of it.
            element = element[: _TAG + length]
        if kind != _MATRIX or len(element) != _TAG + length:
            raise ValueError("it holds something else than whole variables")
        _check_numbers(element, tag)
        elements.append(element)
        if len(elements) > _MOST_VARIABLES + 1:
            raise ValueError(f"it holds more than {_MOST_VARIABLES} variables")
    return b"".join(elements)


def _check_numbers(variable: bytes, tag: struct.Struct) -> None:
    """Check that a variable is an array of numbers, whose elements are whole.

    Raises:
        ValueError: It is not.
        struct.error: An element has no tag.
    """
    place, elements = _TAG, 0
    while place < len(variable):
        kind, length = tag.unpack_from(variable, place)
        end = place + _TAG + length + -length % 8
        if kind >> 16:
            # Up to four bytes stand in the tag itself; their number is the upper half of their kind.
            kind, end = kind & 0xFFFF, place + _TAG
        if elements >= _DESCRIBING and kind not in _NUMBERS:
            raise ValueError("it holds a variable that is no array of numbers")
        # The last element need not be filled up.
        if end > len(variable) + 7:
            raise ValueError("it holds a variable that is truncated")
        place, elements = end, elements + 1
