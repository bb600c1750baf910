"""Typed schemas: a JSON or TOML file is written from a dataclass, and read into the same dataclass.

pydantic checks the type and the range of every entry, that no entry is missing or unknown, and that all
numbers are finite. A range is stated at the field: ``Annotated[int, Interval(ge=1, le=64)]``.
``__post_init__`` checks rules between several fields, and raises ``ValueError``.
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
from fpga_ee.files.reading import MOST_TEXT, fault_of_a_text, read_bytes

Record = TypeVar("Record")

Name = Annotated[str, Len(1, 256)]
"""A name that a person reads."""

Count = Annotated[int, Interval(ge=0, le=1_000_000_000)]
"""A number of images, or of things that are counted on images."""

Amount = Annotated[float, Interval(ge=0)]
"""A quantity that is not negative."""

Whole = Annotated[int, Interval(ge=0, le=10**15)]
"""A number of cycles or of things, none of which is counted on images."""

Share = Annotated[float, Interval(ge=0, le=1)]

Sha256 = Annotated[str, Len(64, 64)]
"""A SHA-256, in hexadecimal."""


@dataclass_transform(frozen_default=True)
def record(kind: type[Record]) -> type[Record]:
    """Make a class a frozen dataclass that a file can be read into, with every entry checked."""
    kind.__pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)  # type: ignore[attr-defined]
    return dataclass(frozen=True)(kind)


@dataclass_transform(frozen_default=True)
def excerpt(kind: type[Record]) -> type[Record]:
    """Make a class as :func:`record` does, for files with further entries, such as other programs' files."""
    kind.__pydantic_config__ = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)  # type: ignore[attr-defined]
    return dataclass(frozen=True)(kind)


def read_record(kind: type[Record], path: Path, noun: str, remedy: str) -> Record:
    """Read a JSON file into a record.

    Args:
        kind: The record: a class that :func:`record` made, or a type that is built of such classes.
        path: The file.
        noun: The right kind of file: ``a manifest``.
        remedy: The remedy for another kind of file: ``export again``.

    Raises:
        FpgaEeError: The file cannot be read, is no JSON, or an entry is missing, unknown, of another type or
            out of its range; the message names the first of them.
    """
    return parse_record(kind, read_bytes(path, MOST_TEXT), path, noun, remedy)


def parse_record(kind: type[Record], content: bytes, path: Path, noun: str, remedy: str) -> Record:
    """Parse content as :func:`read_record` does."""
    try:
        return _adapter(cast("Hashable", kind)).validate_json(content)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise FpgaEeError(f"{path} is not {noun}: {_first(error)}; {remedy}") from error
    except FpgaEeError as error:
        # A class raises this if it also checks values that people write elsewhere.
        raise FpgaEeError(f"{path} is not {noun}: {error}; {remedy}") from error


def parse_versioned(  # noqa: PLR0913, PLR0917 - each is a separate fact about the file
    kind: type[Record], version: int, content: bytes, path: Path, noun: str, remedy: str
) -> Record:
    """Parse content as :func:`parse_record` does, where the record is beside the number of its ``schema``.

    Raises:
        FpgaEeError: The number is another one; or as for :func:`read_record`.
    """
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(
            f"{path} is not {noun}: it is not valid JSON: {fault_of_a_text(error)}; {remedy}"
        ) from error
    found = entries.pop("schema", None) if isinstance(entries, dict) else None
    if type(found) is not int or found != version:
        number = "missing" if found is None else f"{json.dumps(found):.40}, not {version}"
        raise FpgaEeError(f"{path} is not {noun}: its schema (number of its format) is {number}; {remedy}")
    return check_record(kind, entries, path, noun, remedy)


def check_record(kind: type[Record], content: Any, path: Path, noun: str, remedy: str) -> Record:
    """Check content that is not JSON text, for example TOML's, and make a record of it.

    Args:
        kind: The record.
        content: Dictionaries, lists, texts and numbers.
        path: The file of the content.
        noun: The right kind of file.
        remedy: The remedy for another kind of file.

    Raises:
        FpgaEeError: As for :func:`read_record`.
    """
    try:
        # TOML has dates, but no entry of ours is one. As dictionaries, they are refused with their place.
        text = json.dumps(content, default=lambda value: {type(value).__name__: str(value)}).encode()
    except (ValueError, RecursionError) as error:
        raise FpgaEeError(f"{path} is not {noun}: {fault_of_a_text(error)}; {remedy}") from error
    return parse_record(kind, text, path, noun, remedy)


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
"""Our words for pydantic's kinds of errors."""

_SHORTER = {
    "Invalid JSON: recursion limit exceeded": "its lists and tables are nested too deeply",
    "Invalid JSON: number out of range": "a number in it has too many digits",
    "Invalid JSON: ": "it is not valid JSON: ",
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
    ", unable to parse string as an integer": "",
    ", unable to parse string as a number": "",
    "Unable to parse input string as an integer, exceeded maximum size": "must have fewer digits",
}
"""Pydantic's wording of a check, and ours."""


def in_our_words(message: str) -> str:
    """Replace pydantic's wording of a check, which Typer has too, by ours."""
    for theirs, ours in _SHORTER.items():
        message = message.replace(theirs, ours)
    return message


def _first(error: ValidationError) -> str:
    """Describe the first error: its place, the value, and the rule."""
    found = error.errors(include_url=False)[0]
    place = _place(found["loc"])
    message = _WORDS.get(found["type"]) or in_our_words(found["msg"].removeprefix("Value error, "))
    if found["type"] in ("missing", "unexpected_keyword_argument", "json_invalid", "value_error"):
        return f"{place} {message}".strip()
    return f"{place or 'it'} {message}, not {found['input']!r:.40}"


def _place(location: Sequence[str | int]) -> str:
    """Write a place in a record: ``stages[0].rule``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part:.60}" for part in location)
    return "".join(parts).removeprefix(".")
