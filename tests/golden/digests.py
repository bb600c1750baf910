"""Digests of files by their meaning, and of designs and estimates by their numbers."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import Message

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r'"[^"]*"|\w+|[^\w\s]')


def of_onnx(path: Path) -> str:
    """Nodes and initializers of a model, branches included, without versions and comments."""
    return _digest(_lines(onnx.load(path).graph))


def of_verilog(path: Path) -> str:
    """Tokens of a source without its comments."""
    return _digest(_TOKEN.findall(_COMMENT.sub(" ", path.read_text(encoding="utf-8"))))


def of_bytes(path: Path) -> str:
    """A memory image as it is."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def of_numbers(content: Any) -> str:
    """Every number of a record and where it stands, without its texts."""
    return _digest(_numbers("", json.loads(json.dumps(content))))


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _lines(graph: onnx.GraphProto) -> Iterator[str]:
    for value in (*graph.input, *graph.output):
        yield f"{value.name} {_bytes(value.type).hex()}"
    for tensor in sorted(graph.initializer, key=lambda tensor: tensor.name):
        values = onnx.numpy_helper.to_array(tensor).tobytes().hex()
        yield f"{tensor.name} {tensor.data_type} {list(tensor.dims)} {values}"
    for node in graph.node:
        yield f"{node.op_type} {node.name} {list(node.input)} {list(node.output)}"
        for attribute in sorted(node.attribute, key=lambda attribute: attribute.name):
            yield attribute.name
            if attribute.HasField("g"):
                yield from _lines(attribute.g)
            else:
                yield _bytes(attribute).hex()


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _numbers(place: str, content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for key in sorted(content):
            yield from _numbers(f"{place}.{key}", content[key])
    elif isinstance(content, list):
        for index, entry in enumerate(content):
            yield from _numbers(f"{place}[{index}]", entry)
    elif isinstance(content, int | float):
        # The last digits of a quotient are nobody's decision.
        yield f"{place} {content:.12g}"
