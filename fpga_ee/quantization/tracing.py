"""The graph of each part of a network, and the layers in it that multiply.

A part (one backbone part or one exit) becomes a graph of operators. Fixed point knows two kinds:

* *multiplying* operators: convolution and linear. Their accumulators leave the grid of the feature
  maps and must be requantised.
* *transparent* operators: pooling, ReLU, flattening. They only choose among the values they are given
  (or 0), so they stay on the grid, and requantising commutes with max pooling and ReLU.

So a layer is one multiplying operator and the max poolings and ReLUs behind it, up to where its
result is read more than once or by something else; there it is requantised, once for all readers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e import allow_exported_model_train_eval

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork

_ATEN = torch.ops.aten
MULTIPLYING = frozenset({_ATEN.conv2d.default, _ATEN.conv2d.padding, _ATEN.linear.default})
MONOTONE = frozenset({_ATEN.max_pool2d.default, _ATEN.relu.default, _ATEN.relu_.default})
RESHAPING = frozenset({
    _ATEN.flatten.using_ints,
    _ATEN.view.default,
    _ATEN.reshape.default,
    _ATEN.dropout.default,  # the identity in inference, which is how parts are traced
})  # fmt: skip
TRANSPARENT = MONOTONE | RESHAPING
_NO_MODULE = "_empty_nn_module_stack_from_metadata_hook"
"""What the exporter names where it has no module to name."""


@dataclass(frozen=True)
class Layer:
    """One multiplying operator of a part.

    Attributes:
        name: Its full name in the network, that of its parameters: ``backbone.1.0.layer.0``.
        node: The operator.
        source: Where its input was requantised: another layer's ``result`` or the part's input.
        weight: The node that holds its weights.
        bias: The node that holds its bias, if it has one.
        result: The node whose output is requantised.
        rectified: Whether a ReLU lies between ``node`` and ``result``.
    """

    name: str
    node: Node
    source: Node
    weight: Node
    bias: Node | None
    result: Node
    rectified: bool


@dataclass(frozen=True)
class Part:
    """A traced backbone part or exit.

    Attributes:
        name: ``backbone.0``, ``exits.1``.
        graph: Its operators; parameters keep their names.
        layers: Its multiplying layers, in order.
        passes: Transparent operators outside the layers, each with the place where the values that it
            passes on were requantised.
        input: The node of its input.
        result: Where its output was requantised: a layer's ``result``, or ``input``.
    """

    name: str
    graph: GraphModule
    layers: tuple[Layer, ...]
    passes: tuple[tuple[Node, Node], ...]
    input: Node
    result: Node


def trace(network: EarlyExitNetwork) -> list[Part]:
    """Trace all parts in evaluation mode: backbone 0, exit 0, backbone 1, ...

    Raises:
        FpgaEeError: A part cannot be traced, or holds an operator that fixed point does not know.
    """
    parts = []
    feature_map = torch.zeros(2, *network.input_shape)
    for index, (backbone, exit_) in enumerate(network.eval().stages()):
        parts.append(_trace_part(f"backbone.{index}", backbone, feature_map))
        with torch.inference_mode():
            feature_map = backbone(feature_map)
        # A tensor made in inference mode could not be traced.
        feature_map = feature_map.clone()
        parts.append(_trace_part(f"exits.{index}", exit_, feature_map))
    return parts


def assemble(network: EarlyExitNetwork, graphs: Sequence[GraphModule]) -> EarlyExitNetwork:
    """Make a network of the graphs that took the place of ``trace``'s parts, in the same order."""
    modules = [allow_exported_model_train_eval(graph) for graph in graphs]
    return EarlyExitNetwork(
        backbone=modules[0::2],
        exits=modules[1::2],
        exit_loss_weights=network.exit_loss_weights,
        input_shape=network.input_shape,
    )


def _trace_part(name: str, module: nn.Module, example: torch.Tensor) -> Part:
    try:
        program = torch.export.export(
            module, (example.detach().clone(),), dynamic_shapes=({0: torch.export.Dim("batch")},)
        )
    except Exception as error:  # the exporter raises dozens of types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise FpgaEeError(
            f"{name} cannot be traced: {reason}; a part must be a fixed sequence of tensor operators "
            "that takes any batch size"
        ) from error
    graph = program.module(check_guards=False)
    if not isinstance(graph, GraphModule):  # pragma: no cover - a torch that traces to something else
        raise TypeError(type(graph))
    source = next(node for node in graph.graph.nodes if node.op == "placeholder")
    layers = tuple(_layers(name, graph))
    output = next(node for node in graph.graph.nodes if node.op == "output").args[0][0]
    results = {layer.result for layer in layers}
    inside = {step for layer in layers for step in _between(layer.node, layer.result)}
    passes = tuple(
        (node, _requantised_at(node, results))
        for node in graph.graph.nodes
        if node.target in TRANSPARENT and node not in inside
    )
    return Part(name, graph, layers, passes, source, _requantised_at(output, results))


def _layers(part: str, graph: GraphModule) -> Iterator[Layer]:
    results: set[Node] = set()
    names: set[str] = set()
    for node in graph.graph.nodes:
        if node.op != "call_function" or node.target in TRANSPARENT or _is_size(node):
            continue
        if node.target not in MULTIPLYING:
            raise FpgaEeError(
                f"{_place(part, node)}: fixed point does not know the operator {node.target}; it knows "
                "convolution, linear, max pooling, ReLU, flatten, reshape and dropout"
            )
        weight, bias = node.args[1], node.args[2] if len(node.args) > 2 else None
        name = ".".join([part, *str(weight.target).split(".")[:-1]])
        if name in names:
            raise FpgaEeError(f"{name} is used more than once, so its results would share one format")
        names.add(name)
        result = node
        while len(result.users) == 1 and next(iter(result.users)).target in MONOTONE:
            result = next(iter(result.users))
        yield Layer(
            name=name,
            node=node,
            source=_requantised_at(node.args[0], results),
            weight=weight,
            bias=bias,
            result=result,
            rectified=any(step.target is not _ATEN.max_pool2d.default for step in _between(node, result)),
        )
        results.add(result)


def _is_size(node: Node) -> bool:
    """Whether a node gives the batch size, or what was computed from it, and no tensor."""
    return isinstance(node.meta.get("val"), torch.SymInt)


def _between(first: Node, last: Node) -> Iterator[Node]:
    """The nodes after ``first`` up to and with ``last``, in a chain."""
    while first is not last:
        first = next(iter(first.users))
        yield first


def _requantised_at(node: Node, results: set[Node]) -> Node:
    """Go back through transparent operators to where the values got their format."""
    while node not in results and node.op != "placeholder":
        node = node.args[0]  # type: ignore[assignment]
    return node


def _place(part: str, node: Node) -> str:
    """Name of the module that a node comes from, as far as the exporter kept it."""
    stack = [str(module) for module, _ in (node.meta.get("nn_module_stack") or {}).values()]
    inner = next((module for module in reversed(stack) if module != _NO_MODULE), "")
    return f"{part}.{inner}" if inner else part
