"""Reads ONNX files that others may have made. All of the product reads them here.

A file of a few bytes can announce tensors larger than memory, hold nodes that repeat without end, or name
other files for its weights. A model is read whole, and its size and its shapes are bounded. Weights outside
of it are searched only in its own folder. Nothing is run here.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import onnx
import onnx.checker
import onnx.defs
import onnx.shape_inference
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes, read_member

MOST_NODES = 20_000
"""Most nodes and constants of a model, in all its branches; a model of a hundred layers has 2,000."""

MOST_WORDS = 1 << 28
"""Most words of a tensor, as far as its shape is known before a run: 1 GiB in float32."""

MOST_EXTERNAL = 1 << 30
"""Most bytes of all files of weights beside a model. protobuf holds no message of twice this size."""

_REPEATING = ("Loop", "Scan", "SequenceMap")
"""Operators that repeat as often as a number in the file says."""


def read_exported(folder: Path, name: str) -> ModelProto:
    """Read a model of an export, with the shapes of all tensors inferred.

    Args:
        folder: ``build/<network>/``.
        name: Name of the file in it, which is no link.

    Raises:
        FpgaEeError: The file cannot be read, is no valid model, is larger than models are, repeats nodes, or
            has weights in another file, which the manifest does not cover.
    """
    return _checked(folder / name, parsed_export(folder / name, read_member(folder, name)))


def exported_bytes(folder: Path, name: str) -> bytes:
    """Read the bytes of a model of an export for a runtime, checked as :func:`read_exported` does.

    A runtime that gets a path would search the current folder for weights.
    """
    content = read_member(folder, name)
    _checked(folder / name, parsed_export(folder / name, content))
    return content


def read_foreign(path: Path) -> ModelProto:
    """Read a model that a person names, with the weights in files beside it.

    Args:
        path: The model.

    Raises:
        FpgaEeError: As for :func:`read_exported`, or a file of weights is missing, a link, outside of the
            model's folder or too large.
    """
    model = _parsed(path, read_bytes(path))
    _fetch_external(path, model)
    return _checked(path, model)


def graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """List a graph and all branches in it."""
    waiting = [graph]
    while waiting:
        current = waiting.pop()
        yield current
        for node in current.node:
            for attribute in node.attribute:
                waiting += [attribute.g] if attribute.type == AttributeProto.GRAPH else attribute.graphs


def _parsed(path: Path, content: bytes) -> ModelProto:
    """Parse a model within the limits of size; its weights may be in other files."""
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise FpgaEeError(f"{path} is truncated or not an ONNX file: export it again") from error
    if not model.graph.node:
        raise FpgaEeError(f"{path} is truncated or not an ONNX file: it has no nodes")
    _check_opsets(path, model)
    _check_size(path, model)
    _check_types(path, model)
    _check_shapes(path, model)
    return model


def parsed_export(path: Path, content: bytes) -> ModelProto:
    """Parse the bytes of a model of an export. It is within its limits, but not yet known to be valid.

    Args:
        path: The file of the model, for messages.
        content: Its bytes.

    Raises:
        FpgaEeError: As for :func:`read_exported`, except that an invalid model is not found.
    """
    model = _parsed(path, content)
    outside = next((tensor for tensor in _tensors(model.graph) if _is_outside(tensor)), None)
    if outside is not None:
        raise FpgaEeError(
            f"{path} has the weights {outside.name!r:.60} in another file, which no export has; export again"
        )
    return model


def _checked(path: Path, model: ModelProto) -> ModelProto:
    try:
        onnx.checker.check_model(model)
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (
        onnx.checker.ValidationError,
        onnx.shape_inference.InferenceError,
        ValueError,
        RuntimeError,
    ) as error:  # the last two of the compiled code under both
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
        raise FpgaEeError(f"{path} is not a valid ONNX model: {reason:.200}") from error
    _check_shapes(path, inferred)
    return inferred


def _check_opsets(path: Path, model: ModelProto) -> None:
    newest = onnx.defs.onnx_opset_version()
    for entry in model.opset_import:
        if entry.domain not in ("", "ai.onnx"):
            raise FpgaEeError(
                f"{path} uses operators of {entry.domain!r:.60}: only standard ONNX can be read"
            )
        if not 1 <= entry.version <= newest:
            raise FpgaEeError(f"{path} is of opset {entry.version}: the installed onnx knows 1 to {newest}")


def _check_size(path: Path, model: ModelProto) -> None:
    if model.functions:
        raise FpgaEeError(f"{path} defines operators of its own, such as {model.functions[0].name!r:.60}")
    count = 0
    for graph in graphs(model.graph):
        count += len(graph.node) + len(graph.initializer)
        if count > MOST_NODES:
            raise FpgaEeError(f"{path} has more than {MOST_NODES:,} nodes and constants: it is not read")
        if graph.sparse_initializer:
            raise FpgaEeError(f"{path} has sparse weights, which cannot be read: export dense ones")
        repeating = next((node for node in graph.node if node.op_type in _REPEATING), None)
        if repeating is not None:
            raise FpgaEeError(f"{path}: {named(repeating)} repeats: a network has none of its kind")


def _check_types(path: Path, model: ModelProto) -> None:
    known = set(TensorProto.DataType.values())
    unknown = next((tensor for tensor in _tensors(model.graph) if tensor.data_type not in known), None)
    if unknown is not None:
        raise FpgaEeError(
            f"{path}: the tensor {unknown.name!r:.60} has the data type {unknown.data_type}, which is "
            "none of ONNX's"
        )


def _check_shapes(path: Path, model: ModelProto) -> None:
    for graph in graphs(model.graph):
        shapes = [(tensor.name, list(tensor.dims)) for tensor in graph.initializer]
        for value in (*graph.input, *graph.value_info, *graph.output):
            # An unknown size is at least one.
            sizes = [dimension.dim_value or 1 for dimension in value.type.tensor_type.shape.dim]
            shapes.append((value.name, sizes))
        for name, shape in shapes:
            if prod(shape) > MOST_WORDS:
                raise FpgaEeError(
                    f"{path}: the tensor {name!r:.60} has {prod(shape):,} words; {MOST_WORDS:,} are the most"
                )


def values_of(tensor: TensorProto) -> NDArray[Any]:
    """Read the values of a constant.

    Raises:
        ValueError: They cannot be read.
    """
    try:
        return numpy_helper.to_array(tensor)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the values of the tensor {tensor.name!r:.60} cannot be read: {error}") from error


def named(node: NodeProto) -> str:
    """Name a node in a message."""
    return f"{node.op_type} {node.name or node.output[0]}"


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    for each in graphs(graph):
        yield from each.initializer
        for node in each.node:
            for attribute in node.attribute:
                yield from [attribute.t] if attribute.type == AttributeProto.TENSOR else attribute.tensors


def _is_outside(tensor: TensorProto) -> bool:
    return bool(tensor.data_location == TensorProto.EXTERNAL)


def _fetch_external(path: Path, model: ModelProto) -> None:
    """Move the weights in files beside a model into the model."""
    files: dict[str, bytes] = {}
    fetched = 0
    for tensor in _tensors(model.graph):
        if not _is_outside(tensor):
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        name = entries.get("location", "")
        if name not in files:
            files[name] = _weights_file(path, name, MOST_EXTERNAL - sum(map(len, files.values())))
        content = _part(path, tensor.name, files[name], entries)
        fetched += len(content)
        if fetched > MOST_EXTERNAL:
            raise FpgaEeError(f"{path} has more than {MOST_EXTERNAL:,} bytes of weights: it is not read")
        tensor.raw_data = content
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _weights_file(path: Path, name: str, most: int) -> bytes:
    try:
        return read_member(path.parent, name, most)
    except FpgaEeError as error:
        raise FpgaEeError(
            f"{error}; {path} has weights there, and its files of weights may have {MOST_EXTERNAL:,} bytes "
            "together"
        ) from error


def _part(path: Path, tensor: str, content: bytes, entries: dict[str, str]) -> bytes:
    """Cut a tensor's bytes out of a file of weights."""
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", str(len(content) - offset)))
    except ValueError as error:
        raise FpgaEeError(f"{path}: the place of the weights {tensor!r:.60} is no number: {error}") from error
    if not 0 <= offset <= offset + length <= len(content):
        raise FpgaEeError(
            f"{path}: the weights {tensor!r:.60} should be {length:,} bytes from {offset:,} on, and "
            f"their file has {len(content):,}"
        )
    return content[offset : offset + length]
