"""Finds the first tensor in which exported files differ from their network."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter, Node

from fpga_ee.artifacts import names
from fpga_ee.artifacts.onnx_files import read_exported
from fpga_ee.artifacts.running import Level, load
from fpga_ee.export.network_graph import network_graph
from fpga_ee.verification.deployment import Deployment

_QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default


def first_difference(
    deployment: Deployment, files: Sequence[str], image: NDArray[np.float32], level: Level
) -> str:
    """Run one image with every quantized tensor as an output, and name the first tensor that differs.

    Args:
        deployment: Fixed-point files and network.
        files: The files of the run that differed; together they lead from the image to the logits.
        image: float32 [1, *input_shape].
        level: Optimization level of the run that differed.

    Returns:
        The tensor's name and its file; a sentence where no tensor differs. Then the difference is in fused
        kernels, because as outputs the tensors keep the runtime from fusing kernels between them.
    """
    expected = dict(_expected(deployment, image))
    graph, file_of = _flattened(deployment.folder, files)
    missing = [name for name in expected if name not in file_of]
    if missing:
        return f"{missing[0]}, which no file gives"
    _keep_ancestors(expected, graph)
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in expected)
    model = read_exported(deployment.folder, files[0])
    model.graph.CopyFrom(graph)
    found = load(model.SerializeToString(), level).run(list(expected), {names.IMAGE: image})
    for (name, ours), theirs in zip(expected.items(), found, strict=True):
        if not np.array_equal(ours, theirs):
            return f"{name} in {file_of[name]}"
    return "none of those inside, so the difference is in fused kernels or in how the branches are joined"


def _expected(deployment: Deployment, image: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[Any]]]:
    """List PyTorch's quantized tensors, feature maps, logits and decisions, in order, by their ONNX names.

    The names are those of a new export, which quantizes in the same order as the network.
    """
    graph = network_graph(deployment.network).graph
    quantized = iter([node.outputs[0].name for node in graph if node.op_type == "QuantizeLinear"])
    feature_map = torch.from_numpy(image)
    with torch.inference_mode():
        for stage, (backbone, exit_) in enumerate(deployment.network.stages()):
            for tensor in _quantized_tensors(backbone, feature_map):
                yield str(next(quantized)), tensor.numpy()
            feature_map = backbone(feature_map)
            yield names.feature_map(stage), feature_map.numpy()
            for tensor in _quantized_tensors(exit_, feature_map):
                yield str(next(quantized)), tensor.numpy()
            logits = exit_(feature_map)
            yield names.logits(stage), logits.numpy()
            if stage < len(deployment.exit_tests):
                yield names.take(stage), deployment.exit_tests[stage](logits).numpy()


def _flattened(folder: Path, files: Sequence[str]) -> tuple[onnx.GraphProto, dict[str, str]]:
    """Collect all nodes of the files in one graph, also those in else branches, and the file of each tensor.

    A tensor has one name in all files and scopes, so no tensor is renamed. A node that gathers the samples
    that stay becomes an Identity, because the image stays.
    """
    flat = onnx.GraphProto(name="flattened")
    file_of: dict[str, str] = {}
    constants: set[str] = set()
    for file in files:
        for graph in _scopes(read_exported(folder, file).graph):
            for initializer in graph.initializer:
                if initializer.name not in constants:
                    constants.add(initializer.name)
                    flat.initializer.append(initializer)
            for node in graph.node:
                if node.op_type != "If" and node.output[0] not in file_of:
                    flat.node.append(_staying(node) if node.op_type == "GatherND" else node)
                    file_of.update(dict.fromkeys(node.output, file))
            flat.input.extend(source for source in graph.input if source.name == names.IMAGE)
    return flat, file_of


def _staying(gather: onnx.NodeProto) -> onnx.NodeProto:
    return helper.make_node("Identity", gather.input[:1], gather.output, name=gather.name)


def _keep_ancestors(outputs: Collection[str], graph: onnx.GraphProto) -> None:
    """Remove the other nodes, in place.

    Nodes that join results have lost a source with the ``If`` before them.
    """
    needed = set(outputs)
    for node in reversed(list(graph.node)):
        if needed.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            needed.update(node.input)


def _scopes(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name == "else_branch":
                yield from _scopes(attribute.g)


def _quantized_tensors(part: nn.Module, source: Tensor) -> Iterator[Tensor]:
    """List the quantized activations of a part of a fixed-point network, in order."""
    recorder = _Recorder(part)
    recorder.run(source)
    yield from recorder.quantized


class _Recorder(Interpreter):
    """Runs a graph and records the outputs of its quantizing nodes."""

    def __init__(self, part: nn.Module) -> None:
        if not isinstance(part, GraphModule):
            raise TypeError(f"a part of a fixed-point network is a graph, not {type(part)}")
        super().__init__(part)
        self.quantized: list[Tensor] = []

    def run_node(self, n: Node) -> Any:
        result = super().run_node(n)
        if n.target is _QUANTIZE:
            self.quantized.append(result)
        return result
