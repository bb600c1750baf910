"""Training mode and evaluation mode of a traced graph.

Each operator of a graph stays in the mode in which it was traced. Of the operators that fixed point knows,
only a dropout works differently in training. So a graph changes its mode by the argument of its dropouts.
torchao's own way takes longer than a short epoch, and it makes every dropout drop half of all values.
"""

from types import MethodType

from torch.fx import GraphModule

from fpga_ee.quantization.operators.dropout import DROPOUT

_TRAINING = 2
"""Index of a dropout's argument that says whether it drops values."""


def switchable(graph: GraphModule) -> GraphModule:
    """Give ``train`` and ``eval`` to a graph; torch lets exported graphs have neither."""
    graph.train = MethodType(_train, graph)  # type: ignore[method-assign]
    graph.eval = MethodType(_eval, graph)  # type: ignore[method-assign]
    return graph


def _train(graph: GraphModule, mode: bool = True) -> GraphModule:
    for module in graph.modules():
        module.training = mode
    for node in graph.graph.nodes:
        if node.target in DROPOUT.targets:
            node.update_arg(_TRAINING, mode)
    graph.recompile()
    return graph


def _eval(graph: GraphModule) -> GraphModule:
    return _train(graph, mode=False)
