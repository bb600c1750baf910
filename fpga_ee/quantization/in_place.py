"""Replaces operators that work in place by operators that do not.

``nn.ReLU(inplace=True)`` and ``x += y`` save memory where nothing else reads the overwritten tensor. There
they are replaced. Where something else reads it, the result would depend on the order of reading, so they are
refused.
"""

from torch.fx import GraphModule

from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.operators.known import OPERATORS, has_effect
from fpga_ee.quantization.operators.operator import Effect

_WITHOUT = {working: other for operator in OPERATORS for working, other in operator.in_place.items()}
"""Overloads that do not work in place, by the overloads that do."""


def replace_in_place(graph: GraphModule) -> None:
    """Replace all operators that work in place.

    Raises:
        LayerRefusedError: Something else reads the tensor that an operator overwrites.
    """
    for node in graph.graph.nodes:
        if node.target in _WITHOUT:
            overwritten = node.args[0]
            while len(overwritten.users) == 1 and has_effect(overwritten, Effect.MOVING):
                overwritten = overwritten.args[0]
            if len(overwritten.users) > 1 or overwritten.op == "placeholder":
                raise LayerRefusedError(
                    authored(node),
                    "it overwrites a feature map that something else reads as well; let it work out of place "
                    "(inplace=False, or x = x + y)",
                )
            node.target = _WITHOUT[node.target]
    graph.recompile()
