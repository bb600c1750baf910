"""The operations of a part's graph that are requantised: layers that multiply, and additions.

An operation is one multiplying operator, or one addition, with the max poolings, ReLUs and clips after it. It
ends where its result is read more than once, or by another operator. There it is requantised once. Additions
in a row, of which each is read by the next alone, are one operation.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeGuard

from torch import nn
from torch.fx import GraphModule, Node

from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.graph_editing import place, tensor_of
from fpga_ee.quantization.operators.averages import Average
from fpga_ee.quantization.operators.known import KNOWN, has_effect, is_size, operator_of, passes_formats_on
from fpga_ee.quantization.operators.operator import Effect


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
    """The sum of two or more feature maps, rounded once.

    Attributes:
        name: Name of the module that adds, and of the operator in it: ``backbone.1.0.add``.
        node: The operator; of several additions in a row, the last.
        sources: The places where its summands were requantised, two at least.
        result: The node whose output is requantised.
        unsigned: True where no value of ``result`` is ever negative.
    """

    name: str
    node: Node
    sources: tuple[Node, ...]
    result: Node
    unsigned: bool


def traced_operations(
    part: str, graph: GraphModule, signs: dict[Node, bool]
) -> Iterator[TracedLayer | TracedAddition]:
    """Find the operations of a part.

    Args:
        part: Name of the part.
        graph: Its operators, lowered.
        signs: Tells of each requantised place whether it is unsigned; the operations' own are added.

    Raises:
        LayerRefusedError: Fixed point does not know an operator, or cannot give it a format.
    """
    names: set[str] = set()
    clipped: set[Node] = set()
    for node in graph.graph.nodes:
        if node.op != "call_function" or passes_formats_on(node) or node in clipped or is_size(node):
            continue
        if _is_inner_sum(node):
            _check_addition(node)
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
        clipped.update(steps_between(node, operation.result))
        yield operation


def _layer(part: str, graph: GraphModule, node: Node, signs: Mapping[Node, bool]) -> TracedLayer:
    entering, weight, bias = (*node.args[:3], None)[:3]
    if not isinstance(weight, Node) or weight.op != "get_attr":
        raise LayerRefusedError(authored(node), "it has computed weights; keep them in a parameter")
    source = requantised_at(entering, node, signs)
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
    _check_addition(node)
    sources = tuple(requantised_at(summand, node, signs) for summand in _summands(node))
    result = _result(node)
    positive = all(signs[source] for source in sources)
    return TracedAddition(
        name=next(name for name in _addition_names(place(part, node)) if name not in taken),
        node=node,
        sources=sources,
        result=result,
        unsigned=_is_unsigned(node, result, otherwise=positive),
    )


def _is_inner_sum(node: Node) -> bool:
    """Tell whether a sum is read by one other sum alone, which adds all summands and rounds once."""
    return has_effect(node, Effect.ADDING) and [
        has_effect(reader, Effect.ADDING) for reader in node.users
    ] == [True]


def _summands(node: Node) -> Iterator[Node]:
    """List the feature maps that a sum adds, those of the sums inside it too."""
    for operand in node.args:
        assert isinstance(operand, Node)  # noqa: S101 - both operands have been checked
        if _is_inner_sum(operand):
            yield from _summands(operand)
        else:
            yield operand


def _check_addition(node: Node) -> None:
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
    for step in reversed([*steps_between(node, result)]):
        operator = operator_of(step)
        if operator is not None and not operator.keeps_sign:
            return operator.is_never_negative(step)
    return otherwise


def steps_between(first: Node, last: Node) -> Iterator[Node]:
    """List the nodes after ``first`` up to and including ``last``, in a chain."""
    while first is not last:
        first = next(iter(first.users))
        yield first


def requantised_at(node: Any, reader: Node, results: Container[Node]) -> Node:
    """Go back through operators that pass values on, to the place where the values got their format."""
    while node not in results and node.op != "placeholder":
        if node.op == "get_attr":
            raise LayerRefusedError(
                authored(reader),
                f"it computes with {node.target}, which is neither a weight nor a feature map",
            )
        node = node.args[0]
    return node  # type: ignore[no-any-return]
