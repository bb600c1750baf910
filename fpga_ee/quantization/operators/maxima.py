"""Maxima become max poolings whose windows stand side by side, or one window over all rows and columns.

Adaptive max pooling to sizes that divide the input's, and the largest value over rows and columns, have this
form; windows of different sizes do not.
"""

import operator
from typing import Any

import torch
from torch.fx import GraphModule, Node

from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.graph_editing import insert

_ATEN = torch.ops.aten
_VALUES, _PLACES = 0, 1
"""Results of an adaptive max pooling."""


def lower_maxima(graph: GraphModule) -> None:
    """Replace all maxima in ``graph`` that have this form.

    Raises:
        LayerRefusedError: A maximum is not over windows of one size, or its places are read too.
    """
    for node in list(graph.graph.nodes):
        match node.target:
            case _ATEN.amax.default if node.args[0].meta["val"].ndim == 4:
                _lower_amax(graph, node)
            case _ATEN.adaptive_max_pool2d.default:
                _lower_adaptive(graph, node)


def _lower_amax(graph: GraphModule, node: Node) -> None:
    arguments: tuple[Any, ...] = node.args
    source, axes, keeps = (*arguments, False)[:3]
    if sorted(axis % 4 for axis in axes or range(4)) != [2, 3]:
        raise LayerRefusedError(
            authored(node),
            f"fixed point knows the maximum over rows and columns together, not over the dimensions {axes}",
        )
    result = _pooled(graph, node, source, _sizes(source))
    if not keeps:
        result = insert(graph, node, _ATEN.flatten.using_ints, (result, 1))
    node.replace_all_uses_with(result)
    graph.graph.erase_node(node)


def _lower_adaptive(graph: GraphModule, node: Node) -> None:
    arguments: tuple[Any, ...] = node.args
    source, wanted = arguments
    rows, cols = _sizes(source)
    if rows % wanted[0] or cols % wanted[1]:
        raise LayerRefusedError(
            authored(node),
            f"it makes {wanted[0]}x{wanted[1]} of {rows}x{cols} by windows of different sizes; fixed point "
            "knows sizes that divide those of the input",
        )
    results = {user.args[1]: user for user in node.users if user.target is operator.getitem}
    if _PLACES in results and results[_PLACES].users:
        raise LayerRefusedError(authored(node), "its places are read too; fixed point has values only")
    kernel = rows // wanted[0], cols // wanted[1]
    values = results[_VALUES]
    values.replace_all_uses_with(_pooled(graph, values, source, kernel))
    for result in results.values():
        graph.graph.erase_node(result)
    graph.graph.erase_node(node)


def _pooled(graph: GraphModule, before: Node, source: Node, kernel: tuple[int, int]) -> Node:
    return insert(graph, before, _ATEN.max_pool2d.default, (source, list(kernel), list(kernel)))


def _sizes(node: Node) -> tuple[int, int]:
    """Rows and columns of a feature map."""
    rows, cols = (int(size) for size in node.meta["val"].shape[2:])
    return rows, cols
