"""Looking into ONNX graphs and all the branches in them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper


def all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and every branch in it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from all_graphs(attribute.g)


def all_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    return [node for each in all_graphs(graph) for node in each.node]


def all_initializers(graph: onnx.GraphProto) -> list[onnx.TensorProto]:
    return [constant for each in all_graphs(graph) for constant in each.initializer]


def change_constant(
    path: Path, name: str, change: Callable[[NDArray[np.generic]], NDArray[np.generic]]
) -> None:
    """Change one constant of a model in a file."""
    model = onnx.load(path)
    (constant,) = (each for each in all_initializers(model.graph) if each.name == name)
    before = numpy_helper.to_array(constant)
    after = np.asarray(change(before.copy()), dtype=before.dtype)
    assert (before != after).any()
    constant.CopyFrom(numpy_helper.from_array(after, name))
    path.write_bytes(model.SerializeToString())
