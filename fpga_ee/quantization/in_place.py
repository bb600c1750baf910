"""Operators that work in place become the ones that do not.

``nn.ReLU(inplace=True)`` and ``x += y`` save memory where nothing else reads what they overwrite. There they
are replaced. Where something else does read it, the result would depend on who reads first: refused.
"""

from torch.fx import GraphModule

from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.operators.known import OPERATORS, has_effect
from fpga_ee.quantization.operators.operator import Effect

_WITHOUT = {working: other for operator in OPERATORS for working, other in operator.in_place.items()}
"""Overloads that do not work in place, by those that do."""


def replace_in_place(graph: GraphModule) -> None:
    """Replace them in ``graph``.

    Raises:
        LayerRefusedError: Something else reads what such an operator overwrites.
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
