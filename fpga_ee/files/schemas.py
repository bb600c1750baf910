"""Typed schemas: the dataclass that a JSON or TOML file is written from is what it is read back into.

pydantic checks that every entry has its type and its range, that none is missing or unknown, and that all
numbers are finite. A range stands at the field, as in ``Annotated[int, Interval(ge=1, le=64)]``. A rule
between several fields stands in ``__post_init__`` and raises ``ValueError``.
"""

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast, dataclass_transform

from annotated_types import Interval, Len
from pydantic import ConfigDict, TypeAdapter, ValidationError

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes

Record = TypeVar("Record")

Name = Annotated[str, Len(1, 256)]
"""A name that a person reads."""

Count = Annotated[int, Interval(ge=0, le=1_000_000_000)]
"""Of images, and of what can be counted on them."""

Share = Annotated[float, Interval(ge=0, le=1)]

Sha256 = Annotated[str, Len(64, 64)]
"""In hex."""


@dataclass_transform(frozen_default=True)
def record(kind: type[Record]) -> type[Record]:
    """Make a class a frozen dataclass that a file can be read into, with every entry checked."""
    kind.__pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)  # type: ignore[attr-defined]
    return dataclass(frozen=True)(kind)


@dataclass_transform(frozen_default=True)
def excerpt(kind: type[Record]) -> type[Record]:
    """As :func:`record`, of files that hold more than is read of them, such as those of other programs."""
    kind.__pydantic_config__ = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)  # type: ignore[attr-defined]
    return dataclass(frozen=True)(kind)


def read_record(kind: type[Record], path: Path, what: str, remedy: str) -> Record:
    """Read a JSON file into a record.

    Args:
        kind: The record: a class that :func:`record` made, or a type that is built of such classes.
        path: The file.
        what: What the file should be, such as ``a manifest``.
        remedy: What to do about a file that is not, such as ``export again``.

    Raises:
        FpgaEeError: The file cannot be read, is no JSON, or an entry is missing, unknown, of another type or
            out of its range; the message names the first of them.
    """
    return parse_record(kind, read_bytes(path, MOST_TEXT), path, what, remedy)


def parse_record(kind: type[Record], content: bytes, path: Path, what: str, remedy: str) -> Record:
    """As :func:`read_record`, of what was read already."""
    try:
        return _adapter(cast("Hashable", kind)).validate_json(content)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise FpgaEeError(f"{path} is not {what}: {_first(error)}; {remedy}") from error
    except FpgaEeError as error:
        # Of a class that checks what people write elsewhere too.
        raise FpgaEeError(f"{path} is not {what}: {error}; {remedy}") from error


def parse_versioned(  # noqa: PLR0913, PLR0917 - each is a separate fact about the file
    kind: type[Record], version: int, content: bytes, path: Path, what: str, remedy: str
) -> Record:
    """As :func:`parse_record`, of a record that stands beside the number of its ``schema``.

    Raises:
        FpgaEeError: The number is another one, or as for :func:`read_record`.
    """
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not {what}: it is not valid JSON: {error}; {remedy}") from error
    found = entries.pop("schema", None) if isinstance(entries, dict) else None
    if type(found) is not int or found != version:
        raise FpgaEeError(f"{path} is not {what}: its schema {found!r:.40} is not {version}; {remedy}")
    return check_record(kind, entries, path, what, remedy)


def check_record(kind: type[Record], content: Any, path: Path, what: str, remedy: str) -> Record:
    """Read content that no JSON text holds, such as TOML's, into a record.

    Args:
        kind: The record.
        content: Dictionaries, lists, texts and numbers.
        path: The file that held them.
        what: What the file should be.
        remedy: What to do about a file that is not.

    Raises:
        FpgaEeError: As for :func:`read_record`.
    """
    try:
        # TOML has dates, which no entry of ours is: as a record they are refused where they stand.
        text = json.dumps(content, default=lambda value: {type(value).__name__: str(value)}).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not {what}: {error}; {remedy}") from error
    return parse_record(kind, text, path, what, remedy)


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", kind))


_WORDS = {
    "missing": "is missing",
    "unexpected_keyword_argument": "is unknown here",
    "dataclass_type": "must be a table of entries",
    "finite_number": "must be a finite number",
    "too_short": "must have more entries",
    "too_long": "must have fewer entries",
    "string_too_short": "must not be so short",
    "string_too_long": "must not be so long",
}
"""Kinds of errors that pydantic names in words of its own code."""

_SHORTER = {
    "Input should be": "must be",
    "greater than or equal to": "at least",
    "greater than": "above",
    "less than or equal to": "at most",
    "less than": "below",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid string": "a text",
    "a valid array": "a list",
    "a valid tuple": "a list",
    "a valid boolean": "true or false",
}
"""How it words what it checks, and how we do."""


def _first(error: ValidationError) -> str:
    """The first error in words: where, what is there, and what should be."""
    found = error.errors(include_url=False)[0]
    place = _place(found["loc"])
    message = _WORDS.get(found["type"]) or found["msg"].removeprefix("Value error, ")
    for theirs, ours in _SHORTER.items():
        message = message.replace(theirs, ours)
    if found["type"] in ("missing", "unexpected_keyword_argument", "json_invalid", "value_error"):
        return f"{place} {message}".strip()
    return f"{place or 'it'} {message}, not {found['input']!r:.40}"


def _place(location: Sequence[str | int]) -> str:
    """``stages[0].rule`` for a place in a record."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part:.60}" for part in location)
    return "".join(parts).removeprefix(".")
