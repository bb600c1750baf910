"""Open an ONNX file safely, and look around in its graph."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.checker
import onnx.defs
import onnx.helper
import onnx.numpy_helper
import onnx.shape_inference
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError

Array = NDArray[Any]


def load_model(path: Path) -> onnx.ModelProto:
    """Read a model and check it, with the shapes of all tensors inferred.

    Raises:
        FpgaEeError: The file is missing, truncated, not a valid model (cyclic, undefined tensors, ...), or
            of an opset that the installed onnx does not know.
    """
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
    except DecodeError as error:
        raise FpgaEeError(f"{path} is truncated or not an ONNX file: export it again") from error
    if not model.graph.node:
        raise FpgaEeError(f"{path} is truncated or not an ONNX file: it has no nodes")
    _check_opsets(path, model)
    try:
        onnx.checker.check_model(model)
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
        raise FpgaEeError(f"{path} is not a valid ONNX model: {reason}") from error


def _check_opsets(path: Path, model: onnx.ModelProto) -> None:
    newest = onnx.defs.onnx_opset_version()
    for entry in model.opset_import:
        if entry.domain not in ("", "ai.onnx"):
            raise FpgaEeError(f"{path} uses operators of {entry.domain}: only standard ONNX can be read")
        if not 1 <= entry.version <= newest:
            raise FpgaEeError(f"{path} is of opset {entry.version}: the installed onnx knows 1 to {newest}")


@dataclass(frozen=True)
class View:
    """A graph, seen from its tensors.

    Attributes:
        graph: The graph.
        outer: The graph around it, where it is a branch.
    """

    graph: onnx.GraphProto
    outer: "View | None" = None

    def producer(self, tensor: str) -> onnx.NodeProto | None:
        """The node that makes a tensor in this graph."""
        return next((node for node in self.graph.node if tensor in node.output), None)

    def constant(self, tensor: str) -> Array | None:
        """The value of a tensor that is an initializer or a constant, here or outside; else None."""
        for initializer in self.graph.initializer:
            if initializer.name == tensor:
                return onnx.numpy_helper.to_array(initializer)
        node = self.producer(tensor)
        if node is None:
            return self.outer.constant(tensor) if self.outer else None
        return np.asarray(attributes(node)["value"]) if node.op_type == "Constant" else None

    def shape(self, tensor: str) -> tuple[int, ...] | None:
        """Shape of a tensor of this graph or an outer one without its batch dimension, where known."""
        for value in (*self.graph.input, *self.graph.value_info, *self.graph.output):
            if value.name == tensor and value.type.tensor_type.shape.dim:
                return tuple(dimension.dim_value for dimension in value.type.tensor_type.shape.dim[1:])
        return self.outer.shape(tensor) if self.outer else None


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """Attributes of a node as Python values; tensors as arrays, texts as ``str``."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode()
        elif isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        found[attribute.name] = value
    return found


def label(node: onnx.NodeProto) -> str:
    """What a message calls a node."""
    return f"{node.op_type} {node.name or node.output[0]}"


def plain_name(node: onnx.NodeProto) -> str:
    """A node's name without its operator (``/layer/pool/MaxPool``), or its output's where it has none."""
    return str(node.name).removesuffix(f"/{node.op_type}") or str(node.output[0])


def chain(view: View, start: str, end: str) -> list[onnx.NodeProto]:
    """Nodes from one tensor to another, first to last.

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
    """The one input of a node that is not constant.

    Raises:
        FpgaEeError: There are several, which no layer of a stage has, or none.
    """
    if node.op_type == "Reshape":
        return str(node.input[0])  # the shape may be computed; it is checked where it is read
    data = [name for name in node.input if name and not is_constant(view, name)]
    if len(data) == 2 and node.op_type == "Add":
        raise FpgaEeError(
            f"{plain_name(node)} adds two feature maps: the hardware flow has no addition yet, so take the "
            "network without it there"
        )
    if len(data) != 1:
        raise FpgaEeError(
            f"{label(node)} joins {len(data)} tensors: only chains of layers can be put on hardware"
        )
    return str(data[0])


def is_constant(view: View, tensor: str) -> bool:
    """Whether a tensor depends on no input: a constant, or a dequantised or transposed one."""
    if view.constant(tensor) is not None:
        return True
    node = view.producer(tensor)
    return (
        node is not None
        and node.op_type in ("DequantizeLinear", "Transpose", "Identity")
        and is_constant(view, node.input[0])
    )
