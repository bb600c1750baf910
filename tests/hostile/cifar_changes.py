"""Breaking CIFAR-10's files: records of bytes, and pickles."""

import pickle
import struct
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from helpers.cifar_files import array_opcodes, python2_pickle

from hostile.changes import Change, Changes

_RECORD = 3073


def part_of_a_record(content: bytes, random: Random) -> bytes:
    return content[random.randrange(1, _RECORD) :]


def unknown_label(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content) // _RECORD) * _RECORD
    return content[:place] + bytes([random.randrange(10, 256)]) + content[place + 1 :]


def other_number(content: bytes, random: Random) -> bytes:
    """None, or more than a file may have."""
    return content[:_RECORD] * random.choice((0, 10_001, 20_001))


def other_records(content: bytes, random: Random) -> bytes:
    return content[:_RECORD] * random.choice((1, 9, 10, 11, 500))


# CIFAR-10's pickles.


class _Calls:
    """Pickled as a call."""

    def __init__(self, function: str, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return eval, (self.function, *self.arguments)  # a name in the file, which no reader may look up


def calling(_: bytes, random: Random) -> bytes:
    call = _Calls("__import__('os').mkdir('escaped')")
    return pickle.dumps({b"data": call, b"labels": call}, random.randrange(6))


def entry(key: bytes, values: Callable[[Any, Random], Any]) -> Change:
    """Another value of an entry, or none where it is ``KeyError``."""

    def change(content: bytes, random: Random) -> bytes:
        whole = pickle.loads(content, encoding="bytes")  # noqa: S301 - made here
        value = values(whole.pop(key), random)
        return pickle.dumps(whole if value is KeyError else whole | {key: value}, 3)

    return change


def _no_labels(labels: list[int], random: Random) -> Any:
    wrong = random.choice((10, 255, 256, -1, 2**70, True, 1.5, "3", None, [1]))
    lists = (KeyError, None, {}, labels[1:], [*labels, 1], [*labels[1:], wrong], tuple(labels), bytes(labels))
    return random.choice(lists)


def _no_pixels(pixels: Any, random: Random) -> Any:
    others = (
        KeyError, None, [], pixels[1:], pixels[:, 1:], pixels.ravel(), pixels[0],
        pixels.reshape(-1, 3, 32, 32), pixels.astype(np.float64), pixels.astype(np.int64),
        pixels.astype(object), pixels.tolist(), pixels.tobytes(),
        np.zeros((0, 3072), np.uint8), np.zeros((10, 0), np.uint8),
    )  # fmt: skip
    return random.choice(others)


def nested(content: bytes, random: Random) -> bytes:
    """Lists and tuples in others: deep, named twice and again, or without end."""
    value: list[Any] = []
    name: tuple[Any, ...] = ()
    for _ in range(60):
        value, name = [value, value], (name, name)
    endless: list[Any] = []
    endless.append(endless)
    deep = b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."
    named = pickle.dumps(name, 2)[:-1]
    as_key, as_type = b"}" + named + b"Ns.", b"cnumpy\ndtype\n(" + named + b"K\0K\1tR."
    whole = pickle.loads(content, encoding="bytes")  # noqa: S301 - made here
    more = [pickle.dumps(whole | {b"more": one}, 3) for one in (value, endless)]
    return random.choice((deep, as_key, as_type, *more))


def asking_for_memory(_: bytes, random: Random) -> bytes:
    """A few bytes that announce many."""
    size = struct.pack("<Q", random.choice((2**31, 2**40, 2**62)))
    announced = (
        b"\x8e" + size, b"\x8d" + size, b"\x96" + size, b"T\xff\xff\xff\x7f", b"Nr\xff\xff\xff\xff",
        b"I" + b"9" * 10**6,
    )  # fmt: skip
    return b"\x80\x05" + random.choice(announced) + b"."


def numbers_without_end(content: bytes, random: Random) -> bytes:
    """Write more numbers than images, or nothing but lists, up to the size of the largest file."""
    times = random.choice((100, 60_000, 1_400_000))
    if random.random() < 0.5:
        return b"\x80\x02" + random.choice((b"]", b"(", b"N0", b"}")) * 20 * times + b"."
    return entry(b"labels", lambda labels, _: labels * times)(content, random)


def another_array(content: bytes, random: Random) -> bytes:
    """An array of another kind, or with another shape than its bytes have."""
    whole = pickle.loads(content, encoding="bytes")  # noqa: S301 - made here
    pixels, labels = whole[b"data"], whole[b"labels"]
    good = array_opcodes(pixels)
    count = b"J" + struct.pack("<i", len(pixels))
    kinds = [good.replace(b"u1", kind, 1) for kind in (b"O8", b"f8")]
    counts = (0, -1, 2**31 - 1, len(pixels) + 1)
    shapes = [good.replace(count, b"J" + struct.pack("<i", number), 1) for number in counts]
    return python2_pickle(random.choice((*kinds, *shapes)), labels)


def by_another_python(content: bytes, random: Random) -> bytes:
    """As today's would write it, with text for names, more entries or another order of bytes."""
    whole = pickle.loads(content, encoding="bytes")  # noqa: S301 - made here
    pixels, labels = whole[b"data"], whole[b"labels"]
    if random.random() < 0.5:
        pixels = np.asfortranarray(pixels)
    names = ("data", "labels") if random.random() < 0.5 else (b"data", b"labels")
    more = {b"batch_label": "\u2603", b"filenames": [b"\x1b[31m", None], 7: {(): ()}}
    return pickle.dumps(dict(zip(names, (pixels, labels), strict=True)) | more, random.randrange(6))


RECORDS = Changes((part_of_a_record, unknown_label, other_number), (other_records,))

PICKLE = Changes(
    (
        calling, entry(b"labels", _no_labels), entry(b"data", _no_pixels), nested, asking_for_memory,
        numbers_without_end, another_array,
    ),
    (by_another_python,),
)  # fmt: skip
