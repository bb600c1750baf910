"""Paddings that a convolution can do itself, and a padding for each convolution."""

from torch.fx import GraphModule, Node

from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.graph_editing import insert
from fpga_ee.quantization.operators.convolution import CONVOLUTION
from fpga_ee.quantization.operators.zero_padding import ZERO_PADDING


def lower_paddings(graph: GraphModule) -> None:
    """Give each convolution that reads a padding one of its own, which the exporter makes a part of it.

    Raises:
        LayerRefusedError: A padding does not only add rows and columns of 0, or something else than a
            convolution reads it.
    """
    for node in list(graph.graph.nodes):
        if node.op == "call_function" and node.target in ZERO_PADDING.targets:
            _check(node)
            for reader in list(node.users)[1:]:
                reader.replace_input_with(node, insert(graph, reader, node.target, node.args))


def _check(node: Node) -> None:
    given = dict(enumerate(node.args))
    amounts, mode, value = given[1], given.get(2, "constant"), given.get(3)
    zero = mode == "constant" and not value
    # The last dimension comes first.
    sides = len(amounts) <= 4 and all(amount >= 0 for amount in amounts)  # type: ignore[arg-type, operator, union-attr]
    if not (zero and sides and all(reader.target in CONVOLUTION.targets for reader in node.users)):
        raise LayerRefusedError(
            authored(node),
            "fixed point knows rows and columns of 0 that only convolutions of the same part read, and no "
            "other padding",
        )
