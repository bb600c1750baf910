"""Reading JSON into the dataclass that wrote it, with every type checked.

``dataclasses.asdict`` writes; this reads back. The types that records are made of are known: numbers, text,
enumerations, other records, ``tuple[X, ...]``, ``Mapping[str, X]`` and ``X | None``.
"""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def read_record(kind: type[Record], content: Any, name: str) -> Record:
    """Make a record of what JSON held for it.

    Args:
        kind: The record's dataclass.
        content: What ``json.loads`` gave.
        name: What to call it in messages.

    Raises:
        ValueError: Something is missing, unknown, of another type or out of its range.
    """
    if not isinstance(content, dict):
        raise ValueError(f"{name} is {content!r:.40}, not a record")  # noqa: TRY004 - it is bad input
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in content:
        if key not in known:
            raise ValueError(f"{name} has the unknown entry {key}")
    for key, field in known.items():
        if key not in content and field.default is MISSING:
            raise ValueError(f"{name} has no {key}")
    hints = get_type_hints(kind)
    return kind(**{key: _read(hints[key], value, f"{name}.{key}") for key, value in content.items()})


def _read(kind: Any, content: Any, name: str) -> Any:  # noqa: PLR0911 - one for each kind
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        (present,) = (each for each in arguments if each is not NoneType)
        return None if content is None else _read(present, content, name)
    if origin is tuple and isinstance(content, list):
        return tuple(_read(arguments[0], each, f"{name}[{index}]") for index, each in enumerate(content))
    if origin is not None and origin is not tuple and isinstance(content, dict):
        return {key: _read(arguments[1], value, f"{name}.{key}") for key, value in content.items()}
    if is_dataclass(kind):
        return read_record(kind, content, name)  # type: ignore[arg-type]
    if kind is float and type(content) is int:
        return float(content)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(content)
    if origin is None and type(content) is kind:
        return content
    raise ValueError(f"{name} is {content!r:.40}, which is of another type")
