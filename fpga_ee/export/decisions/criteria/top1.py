"""Top-1 in ONNX."""

import numpy as np

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION
from fpga_ee.export.decisions.distances import distance_indices, table_sum
from fpga_ee.export.decisions.nodes import Decider, DecisionNodes


def _by_floats(graph: DecisionNodes) -> None:
    probabilities = graph.node("Softmax", [graph.logits], "probabilities", axis=1)
    classes = graph.constant("classes", np.array([1], np.int64))
    confidence = graph.node("ReduceMax", [probabilities, classes], "confidence", keepdims=0)
    graph.node("Greater", [confidence, graph.own("threshold")], "take")


def _by_integers(graph: DecisionNodes) -> None:
    total = table_sum(graph, "exponentials", distance_indices(graph))
    graph.node("Less", [total, graph.own("bound")], "take")


DECIDER = Decider(CRITERION, _by_floats, _by_integers)
