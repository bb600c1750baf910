"""Margin in ONNX."""

import numpy as np

from fpga_ee.export.decisions.nodes import Decider, DecisionNodes


def _by_floats(graph: DecisionNodes) -> None:
    _take(graph, graph.logits, "threshold")


def _by_integers(graph: DecisionNodes) -> None:
    _take(graph, graph.integer_logits(), "bound")


def _take(graph: DecisionNodes, logits: str, bound: str) -> None:
    two = graph.constant("two", np.array([2], np.int64))
    both = graph.node("TopK", [logits, two], "two_largest", "their_classes", axis=1)
    place = [graph.constant(name, np.array(at, np.int64)) for at, name in enumerate(("first", "second"))]
    largest = graph.node("Gather", [both, place[0]], "largest", axis=1)
    second = graph.node("Gather", [both, place[1]], "second_largest", axis=1)
    margin = graph.node("Sub", [largest, second], "margin")
    graph.node("Greater", [margin, graph.own(bound)], "take")


MARGIN_DECIDER = Decider(_by_floats, _by_integers)
