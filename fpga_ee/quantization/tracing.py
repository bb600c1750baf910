"""The graph of each part of a network, and the operations in it that are requantised.

A part (one backbone part or one exit) becomes a graph of operators. Normalisations are folded, averages
become convolutions, and operators in place are replaced. Two kinds of operations are requantised: layers that
multiply, and additions. ``operators/`` has the other operators, by their effect on a grid.

So an operation is one multiplying or adding operator with the max poolings, ReLUs and clips after it. It ends
where its result is read more than once, or by another operator. There it is requantised once.
"""

import warnings
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeGuard

import torch
from torch import nn
from torch.fx import GraphModule, Node

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.same_function import probe_images
from fpga_ee.quantization.authored import LayerRefusedError, authored, mark
from fpga_ee.quantization.exporting import graph_of
from fpga_ee.quantization.graph_editing import place, remove_unread, tensor_of
from fpga_ee.quantization.in_place import replace_in_place
from fpga_ee.quantization.modes import switchable
from fpga_ee.quantization.operators.averages import Average, lower_averages
from fpga_ee.quantization.operators.batch_normalisation import FoldedNormalisation, lower_normalisations
from fpga_ee.quantization.operators.known import KNOWN, has_effect, is_size, operator_of, passes_formats_on
from fpga_ee.quantization.operators.maxima import lower_maxima
from fpga_ee.quantization.operators.operator import Effect
from fpga_ee.quantization.paddings import lower_paddings


@dataclass(frozen=True)
class TracedLayer:
    """One multiplying operator of a part.

    Attributes:
        name: Its full name in the network, with which its parameters begin: ``backbone.1.0.layer.0``.
        node: The operator.
        source: The place where its input was requantised: another operation's ``result`` or the part's input.
        weight: The node that holds its weights.
        bias: The node that holds its bias, if it has one.
        result: The node whose output is requantised.
        unsigned: True where no value of ``result`` is ever negative.
        learned: True where its weights are parameters. Weights of averages, and of normalisations that could
            not be folded, are constants.
        average: The average that became the layer; None for any other layer.
    """

    name: str
    node: Node
    source: Node
    weight: Node
    bias: Node | None
    result: Node
    unsigned: bool
    learned: bool
    average: Average | None


@dataclass(frozen=True)
class TracedAddition:
    """The sum of two feature maps.

    Attributes:
        name: Name of the module that adds, and of the operator in it: ``backbone.1.0.add``.
        node: The operator.
        sources: The places where its two inputs were requantised.
        result: The node whose output is requantised.
        unsigned: True where no value of ``result`` is ever negative.
    """

    name: str
    node: Node
    sources: tuple[Node, Node]
    result: Node
    unsigned: bool


@dataclass(frozen=True)
class TracedPart:
    """A traced backbone part or exit.

    Attributes:
        name: Its name: ``backbone.0``, ``exits.1``.
        graph: Its operators; parameters keep their names.
        operations: The operations that are requantised, in order.
        passes: Operators outside the operations that pass values on, each with the place where these values
            were
            requantised.
        input: The node of its input.
        output: The node of its output.
        result: The place where its output was requantised: an operation's ``result``, or ``input``.
        folded: The normalisations that were folded into layers.
        unsigned: True where no value of its output is ever negative.
    """

    name: str
    graph: GraphModule
    operations: tuple[TracedLayer | TracedAddition, ...]
    passes: tuple[tuple[Node, Node], ...]
    input: Node
    output: Node
    result: Node
    folded: tuple[FoldedNormalisation, ...]
    unsigned: bool

    @property
    def layers(self) -> tuple[TracedLayer, ...]:
        """The multiplying layers, in order."""
        return tuple(operation for operation in self.operations if isinstance(operation, TracedLayer))


@dataclass(frozen=True)
class Written:
    """A backbone part or exit as its author wrote it.

    Attributes:
        name: Its name: ``backbone.0``, ``exits.1``.
        graph: PyTorch's operators, none of them lowered, each marked with its author's layer.
    """

    name: str
    graph: GraphModule


def trace(network: EarlyExitNetwork) -> list[TracedPart]:
    """Trace all parts in evaluation mode: backbone 0, exit 0, backbone 1, ...

    Raises:
        LayerRefusedError: A part cannot be traced, or holds an operator that fixed point does not know.
    """
    return lowered(written(network))


def written(network: EarlyExitNetwork) -> list[Written]:
    """Write the graphs of all parts in evaluation mode, in the order of :func:`trace`.

    Raises:
        LayerRefusedError: A part cannot be traced, or its graph computes something else.
    """
    parts: list[Written] = []
    entering = torch.zeros(2, *network.input_shape), probe_images(network.input_shape)
    for index, (backbone, exit_) in enumerate(network.eval().stages()):
        name = f"backbone.{index}"
        graph, entering = graph_of(name, backbone, entering)
        parts.append(_marked(name, graph))
        name = f"exits.{index}"
        parts.append(_marked(name, graph_of(name, exit_, entering)[0]))
    return parts


def copies(parts: Iterable[Written]) -> list[Written]:
    """Copy parts with their graphs and weights."""
    with warnings.catch_warnings():
        # PyTorch warns of its own use of a class when it copies a graph.
        warnings.simplefilter("ignore", FutureWarning)
        return [Written(part.name, deepcopy(part.graph)) for part in parts]


def lowered(parts: Sequence[Written]) -> list[TracedPart]:
    """Lower all parts to the operators that fixed point has. Their graphs are changed.

    Raises:
        LayerRefusedError: A part holds an operator that fixed point does not know.
    """
    found: list[TracedPart] = []
    unsigned = True
    for backbone, exit_ in zip(parts[0::2], parts[1::2], strict=True):
        found.append(_lower(backbone.name, backbone.graph, unsigned=unsigned))
        unsigned = found[-1].unsigned
        found.append(_lower(exit_.name, exit_.graph, unsigned=unsigned))
    return found


def assemble(network: EarlyExitNetwork, graphs: Sequence[GraphModule]) -> EarlyExitNetwork:
    """Make a network of the graphs that replace ``trace``'s parts, in the same order.

    The network is in evaluation mode, in which its parts were traced.
    """
    modules = [switchable(graph) for graph in graphs]
    return EarlyExitNetwork(
        backbone=modules[0::2],
        exits=modules[1::2],
        exit_loss_weights=network.exit_loss_weights,
        input_shape=network.input_shape,
    ).eval()


def _marked(name: str, graph: GraphModule) -> Written:
    mark(name, graph)
    return Written(name, graph)


def _lower(name: str, graph: GraphModule, *, unsigned: bool) -> TracedPart:
    replace_in_place(graph)
    folded = lower_normalisations(name, graph)
    lower_averages(graph)
    lower_maxima(graph)
    lower_paddings(graph)
    remove_unread(graph)
    source = next(node for node in graph.graph.nodes if node.op == "placeholder")
    signs = {source: unsigned}
    operations = tuple(_operations(name, graph, signs))
    output = next(node for node in graph.graph.nodes if node.op == "output").args[0][0]
    results = {operation.result for operation in operations}
    inside = {step for operation in operations for step in _between(operation.node, operation.result)}
    passes = tuple(
        (node, _requantised_at(node, node, results))
        for node in graph.graph.nodes
        if passes_formats_on(node) and node not in inside and not has_effect(node, Effect.PADDING)
    )
    result = _requantised_at(output, output, results)
    return TracedPart(name, graph, operations, passes, source, output, result, folded, signs[result])


def _operations(
    part: str, graph: GraphModule, signs: dict[Node, bool]
) -> Iterator[TracedLayer | TracedAddition]:
    """Find the operations. ``signs`` says which requantised places are unsigned, and is filled."""
    names: set[str] = set()
    clipped: set[Node] = set()
    for node in graph.graph.nodes:
        if node.op != "call_function" or passes_formats_on(node) or node in clipped or is_size(node):
            continue
        if has_effect(node, Effect.MULTIPLYING):
            operation: TracedLayer | TracedAddition = _layer(part, graph, node, signs)
        elif has_effect(node, Effect.ADDING):
            operation = _addition(part, node, signs, names)
        elif has_effect(node, Effect.CLIPPING):
            raise LayerRefusedError(
                authored(node),
                "it must stand behind a convolution, linear layer, average or addition of its own part whose "
                "result nothing else reads: its bounds need not be numbers of the format that comes in",
            )
        else:
            raise LayerRefusedError(
                authored(node), f"fixed point does not know {node.target}; it knows {KNOWN}"
            )
        if operation.name in names:
            raise LayerRefusedError(
                authored(node),
                "it is used more than once, so its results would share one format; give each use a layer of "
                "its own",
            )
        names.add(operation.name)
        signs[operation.result] = operation.unsigned
        clipped.update(_between(node, operation.result))
        yield operation


def _layer(part: str, graph: GraphModule, node: Node, signs: Mapping[Node, bool]) -> TracedLayer:
    entering, weight, bias = (*node.args[:3], None)[:3]
    if not isinstance(weight, Node) or weight.op != "get_attr":
        raise LayerRefusedError(authored(node), "it has computed weights; keep them in a parameter")
    source = _requantised_at(entering, node, signs)
    result = _result(node)
    constant = tensor_of(graph, weight)
    learned = isinstance(constant, nn.Parameter)
    # Of the constants only a normalisation has a bias.
    averages = not learned and bias is None
    average = Average(constant[0].numel(), float(constant.flatten()[0])) if averages else None
    positive = signs[source] and average is not None and average.weight >= 0
    return TracedLayer(
        name=".".join([part, *str(weight.target).split(".")[:-1]]),
        node=node,
        source=source,
        weight=weight,
        bias=bias,  # type: ignore[arg-type]
        result=result,
        unsigned=_is_unsigned(node, result, otherwise=positive),
        learned=learned,
        average=average,
    )


def _addition(part: str, node: Node, signs: Mapping[Node, bool], taken: Container[str]) -> TracedAddition:
    first, second = node.args
    if not (_is_feature_map(first) and _is_feature_map(second)) or node.kwargs.get("alpha", 1) != 1:
        raise LayerRefusedError(
            authored(node),
            "fixed point knows the sum of two feature maps of one shape as they are, and no other addition",
        )
    shapes = [list(operand.meta["val"].shape[1:]) for operand in (first, second)]
    if shapes[0] != shapes[1]:
        raise LayerRefusedError(
            authored(node), f"it adds feature maps of different shapes, {shapes[0]} and {shapes[1]}"
        )
    sources = _requantised_at(first, node, signs), _requantised_at(second, node, signs)
    result = _result(node)
    positive = all(signs[source] for source in sources)
    return TracedAddition(
        name=next(name for name in _addition_names(place(part, node)) if name not in taken),
        node=node,
        sources=sources,
        result=result,
        unsigned=_is_unsigned(node, result, otherwise=positive),
    )


def _addition_names(module: str) -> Iterator[str]:
    yield f"{module}.add"
    yield from (f"{module}.add_{index}" for index in count(1))


def _is_feature_map(operand: object) -> TypeGuard[Node]:
    return isinstance(operand, Node) and operand.op != "get_attr" and not is_size(operand)


def _result(node: Node) -> Node:
    """Find the last of the monotone operators after an operator, while nothing else reads their results."""
    while len(node.users) == 1:
        reader = next(iter(node.users))
        if not has_effect(reader, Effect.CHOOSING, Effect.CLIPPING):
            break
        node = reader
    return node


def _is_unsigned(node: Node, result: Node, *, otherwise: bool) -> bool:
    """Decide by the last operator in between that determines the sign; max pooling does not."""
    for step in reversed([*_between(node, result)]):
        operator = operator_of(step)
        if operator is not None and not operator.keeps_sign:
            return operator.is_never_negative(step)
    return otherwise


def _between(first: Node, last: Node) -> Iterator[Node]:
    """List the nodes after ``first`` up to and including ``last``, in a chain."""
    while first is not last:
        first = next(iter(first.users))
        yield first


def _requantised_at(node: Any, reader: Node, results: Container[Node]) -> Node:
    """Go back through operators that pass values on, to the place where the values got their format."""
    while node not in results and node.op != "placeholder":
        if node.op == "get_attr":
            raise LayerRefusedError(
                authored(reader),
                f"it computes with {node.target}, which is neither a weight nor a feature map",
            )
        node = node.args[0]
    return node  # type: ignore[no-any-return]
