"""Breaks JSON and TOML entry by entry: entries are removed, added, of another type, or out of any range."""

import json
import math
from collections.abc import Iterator
from random import Random
from typing import Any

from hostile.names import HOSTILE_NAMES

OPTIONAL = {
    "symmetric", "coarse_in", "coarse_out", "coarse_group", "fine", "copies", "input_node",
    # Of an estimate.
    "published", "arrival", "missing",
    "board", "clock_mhz", "budget", "late_rates", "width", "buffered", "target",
}  # fmt: skip
"""Entries that may be missing."""

_WRONG: dict[type, tuple[Any, ...]] = {
    int: ("7", [7], {"a": 7}, -(2**70), 10**30, math.nan, math.inf),
    float: ("0.5", [0.5], {"a": 1}, math.nan, math.inf, -math.inf),
    str: (7, ["a"], {"a": 1}, True),
    bool: ("true", [True], {}),
    list: (7, "list", {"a": 1}, True),
    dict: (7, "table", [1], True),
}
"""Values that no entry of a type can have."""

_ODD: dict[type, tuple[Any, ...]] = {
    int: (0, -1, 1, 2, 63, 64, 65, 255, 2**16, 2**31, 2**32, 2**63, 1.0, True, None),
    float: (0, 1, -1.0, 2.0, 1e-320, 1e308, -1e308, None),
    str: ("", *HOSTILE_NAMES),
    bool: (None, 0, 1),
    list: ([], None, [None], [[]], [0] * 1000),
    dict: ({}, None, {"": {}}),
}
"""Values that some entries of a type can have."""

Place = tuple[Any, str | int]
"""A table or list, and where in it."""


def places(content: Any) -> Iterator[Place]:
    """Every entry, at every depth."""
    entries = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in entries:
        yield content, key
        if isinstance(value, dict | list):
            yield from places(value)


def broken(content: Any, random: Random, *, strict: bool) -> tuple[Any, bool, str]:
    """Break a document in place.

    Args:
        content: Tables, lists, texts and numbers.
        random: Draws the place and the kind of the change.
        strict: True if every entry is checked and unknown entries are refused.

    Returns:
        The content, True if it is invalid by construction, and the change in words.
    """
    table, key = random.choice(list(places(content)))
    value = table[key]
    kind = type(value) if type(value) in _WRONG else str
    match random.choice(("remove", "add", "wrong", "wrong", "odd", "odd", "deep", "copy")):
        case "remove":
            del table[key]
            # Lists and tables of names may be shorter.
            needed = strict and isinstance(key, str) and key not in OPTIONAL and key.isidentifier()
            return content, needed and not _is_by_name(table), f"{key!r} removed"
        case "add" if isinstance(table, dict):
            table["hostile"] = 1
            return content, strict, f"an unknown entry beside {key!r}"
        case "wrong" if value is not None:
            wrong = random.choice(_WRONG[kind])
            table[key] = wrong
            return content, strict, f"{key!r} was {value!r:.40} and is {wrong!r:.40}"
        case "deep":
            table[key] = json.loads("[" * 200 + "]" * 200)
            return content, strict, f"{key!r} is nested"
        case "copy":
            other, place = random.choice(list(places(content)))
            table[key] = json.loads(json.dumps(other[place]))
            return content, False, f"{key!r} is a copy of {place!r}"
    odd = random.choice(_ODD[kind])
    table[key] = odd
    return content, False, f"{key!r} was {value!r:.40} and is {odd!r:.40}"


def _is_by_name(table: Any) -> bool:
    """Tell whether a table's keys are names of layers, files or packages, any of which may be missing."""
    return (
        not isinstance(table, dict) or any("." in name for name in table) or set(table) <= {"numpy", "torch"}
    )
