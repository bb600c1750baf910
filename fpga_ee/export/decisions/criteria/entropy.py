"""Entropy in ONNX."""

import numpy as np

from fpga_ee.artifacts.rules.criteria.entropy import CRITERION
from fpga_ee.export.decisions.distances import distance_indices, table_sum
from fpga_ee.export.decisions.nodes import Decider, DecisionNodes


def _by_floats(graph: DecisionNodes) -> None:
    logarithms = graph.node("LogSoftmax", [graph.logits], "logarithms", axis=1)
    probabilities = graph.node("Exp", [logarithms], "probabilities")
    products = graph.node("Mul", [probabilities, logarithms], "products")
    classes = graph.constant("classes", np.array([1], np.int64))
    total = graph.node("ReduceSum", [products, classes], "total", keepdims=0)
    graph.node("Less", [graph.node("Neg", [total], "entropy"), graph.own("threshold")], "take")


def _by_integers(graph: DecisionNodes) -> None:
    indices = distance_indices(graph)
    total = table_sum(graph, "exponentials", indices)
    weighted = table_sum(graph, "weighted", indices)
    excess = graph.node("Sub", [total, graph.own("one")], "excess")
    steps = graph.node("Div", [excess, graph.own("step")], "steps")
    leading = graph.node("Min", [steps, graph.own("last_step")], "leading_bits")
    bound = graph.node("Gather", [graph.own("bounds"), leading], "bound", axis=0)
    graph.node("Less", [weighted, bound], "take")


DECIDER = Decider(CRITERION, _by_floats, _by_integers)
