"""Queries on an ONNX graph: the node that makes a tensor, its shape and its constant value."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import onnx
import onnx.helper
from numpy.typing import NDArray

from fpga_ee.artifacts.onnx_files import named, values_of
from fpga_ee.errors import FpgaEeError, NamedError

Array = NDArray[Any]

_PASSING_ON = ("DequantizeLinear", "Transpose", "Identity")
"""Operators whose output is constant where their input is."""


@dataclass(frozen=True)
class View:
    """A graph, with queries on its tensors.

    Attributes:
        graph: The graph; its nodes are in topological order, as ONNX requires.
        outer: The graph around it, if it is a branch.
    """

    graph: onnx.GraphProto
    outer: "View | None" = None

    def producer(self, tensor: str) -> onnx.NodeProto | None:
        """Find the node that makes a tensor in this graph."""
        return self._producers.get(tensor)

    def readers(self, tensor: str) -> list[onnx.NodeProto]:
        """The nodes of this graph that read a tensor, in their order."""
        return self._readers.get(tensor, [])

    def constant(self, tensor: str) -> Array | None:
        """Read the value of a tensor that is an initializer or a constant, here or outside; else None.

        Raises:
            FpgaEeError: Its value cannot be read.
        """
        if tensor in self._initializers:
            return _values(self._initializers[tensor])
        node = self.producer(tensor)
        if node is None:
            return self.outer.constant(tensor) if self.outer else None
        if node.op_type != "Constant":
            return None
        value = attributes(node).get("value")
        return None if value is None else np.asarray(value)

    def is_constant(self, tensor: str) -> bool:
        """Tell whether a tensor depends on no input: constants, also dequantised or transposed ones."""
        return tensor in self._constants or (self.outer is not None and self.outer.is_constant(tensor))

    def shape(self, tensor: str) -> tuple[int, ...] | None:
        """Find the shape of a tensor, here or outside, without its batch dimension; None if unknown."""
        if tensor in self._shapes:
            return self._shapes[tensor]
        return self.outer.shape(tensor) if self.outer else None

    @cached_property
    def _producers(self) -> dict[str, onnx.NodeProto]:
        return {name: node for node in self.graph.node for name in node.output}

    @cached_property
    def _readers(self) -> dict[str, list[onnx.NodeProto]]:
        found: dict[str, list[onnx.NodeProto]] = {}
        for node in self.graph.node:
            for name in dict.fromkeys(node.input):
                found.setdefault(name, []).append(node)
        return found

    @cached_property
    def _initializers(self) -> dict[str, onnx.TensorProto]:
        return {tensor.name: tensor for tensor in self.graph.initializer}

    @cached_property
    def _constants(self) -> set[str]:
        found = set(self._initializers)
        for node in self.graph.node:
            passes_on = node.op_type in _PASSING_ON and (
                node.input[0] in found or (self.outer is not None and self.outer.is_constant(node.input[0]))
            )
            if node.op_type == "Constant" or passes_on:
                found.update(node.output)
        return found

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        values = (*self.graph.output, *self.graph.value_info, *self.graph.input)
        return {
            value.name: tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim[1:])
            for value in values
            if value.type.tensor_type.shape.dim
        }


def _values(tensor: onnx.TensorProto) -> Array:
    try:
        return values_of(tensor)
    except ValueError as error:
        raise FpgaEeError(str(error)) from error


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """Read the attributes of a node as Python values: tensors as arrays, texts as ``str``."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        elif isinstance(value, onnx.TensorProto):
            value = _values(value)
        found[attribute.name] = value
    return found


def plain_name(node: onnx.NodeProto) -> str:
    """Give a node's name without its operator (``/layer/pool/MaxPool``), else its output's name."""
    return str(node.name).removesuffix(f"/{node.op_type}") or str(node.output[0])


def chain(view: View, start: str, end: str) -> list[onnx.NodeProto]:
    """List the nodes from one tensor to another, first to last.

    Raises:
        FpgaEeError: A node between them joins several tensors, or the end does not come from the start.
    """
    nodes: list[onnx.NodeProto] = []
    tensor = end
    while tensor != start:
        node = view.producer(tensor)
        if node is None:
            raise FpgaEeError(f"{end} does not depend on {start}: not a chain of layers")
        tensor = data_input(view, node)
        nodes.append(node)
    return nodes[::-1]


def data_input(view: View, node: onnx.NodeProto) -> str:
    """Find the one input of a node that is not constant.

    Raises:
        FpgaEeError: No input, or more than one, is not constant; no layer of a stage is like that.
    """
    data = data_inputs(view, node)
    if len(data) != 1:
        raise NamedError(
            named(node), f" joins {len(data)} tensors: of a model made elsewhere, only chains can be read"
        )
    return data[0]


def data_inputs(view: View, node: onnx.NodeProto) -> list[str]:
    """Find the inputs of a node that are not constant: the feature maps that it reads."""
    if node.op_type == "Reshape":
        return [str(node.input[0])]  # the shape may be computed; it is checked where it is read
    return [str(name) for name in node.input if name and not view.is_constant(name)]
