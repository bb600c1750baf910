"""The graph of each part of a network, and the operations in it that are requantised.

A part (one backbone part or one exit) becomes a graph of operators. Normalisations are folded, averages
become convolutions, and operators in place are replaced. Two kinds of operations are requantised: layers that
multiply, and additions. ``operators/`` has the other operators, by their effect on a grid.
"""

import warnings
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch.fx import GraphModule, Node

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.same_function import probe_images
from fpga_ee.quantization.authored import mark
from fpga_ee.quantization.exporting import graph_of
from fpga_ee.quantization.graph_editing import remove_unread
from fpga_ee.quantization.in_place import replace_in_place
from fpga_ee.quantization.modes import switchable
from fpga_ee.quantization.operators.averages import lower_averages
from fpga_ee.quantization.operators.batch_normalisation import FoldedNormalisation, lower_normalisations
from fpga_ee.quantization.operators.known import has_effect, passes_formats_on
from fpga_ee.quantization.operators.maxima import lower_maxima
from fpga_ee.quantization.operators.operator import Effect
from fpga_ee.quantization.paddings import lower_paddings
from fpga_ee.quantization.traced_operations import (
    TracedAddition,
    TracedLayer,
    requantised_at,
    steps_between,
    traced_operations,
)


@dataclass(frozen=True)
class TracedPart:
    """A traced backbone part or exit.

    Attributes:
        name: Its name: ``backbone.0``, ``exits.1``.
        is_exit: True for an exit, whose output is logits.
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
    is_exit: bool
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
        found.append(_lower(backbone, is_exit=False, unsigned=unsigned))
        unsigned = found[-1].unsigned
        found.append(_lower(exit_, is_exit=True, unsigned=unsigned))
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


def _lower(part: Written, *, is_exit: bool, unsigned: bool) -> TracedPart:
    name, graph = part.name, part.graph
    replace_in_place(graph)
    folded = lower_normalisations(name, graph)
    lower_averages(graph)
    lower_maxima(graph)
    lower_paddings(graph)
    remove_unread(graph)
    source = next(node for node in graph.graph.nodes if node.op == "placeholder")
    signs = {source: unsigned}
    operations = tuple(traced_operations(name, graph, signs))
    output = next(node for node in graph.graph.nodes if node.op == "output").args[0][0]
    results = {operation.result for operation in operations}
    inside = {step for operation in operations for step in steps_between(operation.node, operation.result)}
    passes = tuple(
        (node, requantised_at(node, node, results))
        for node in graph.graph.nodes
        if passes_formats_on(node) and node not in inside and not has_effect(node, Effect.PADDING)
    )
    result = requantised_at(output, output, results)
    return TracedPart(name, is_exit, graph, operations, passes, source, output, result, folded, signs[result])
