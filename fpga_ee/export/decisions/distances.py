"""Nodes that look up the distance of each logit from the largest in tables."""

import numpy as np

from fpga_ee.export.decisions.nodes import DecisionNodes


def distance_indices(graph: DecisionNodes) -> str:
    """Add the distance of each logit from the largest, as a table index: int32 [batch, classes]."""
    integers = graph.integer_logits()
    classes = graph.constant("classes", np.array([1], np.int64))
    largest = graph.node("ReduceMax", [integers, classes], "largest", keepdims=1)
    distances = graph.node("Sub", [largest, integers], "distances")
    return graph.node("Min", [distances, graph.own("last")], "indices")


def table_sum(graph: DecisionNodes, table: str, indices: str) -> str:
    """Add the sum of a table's entries over the classes: int32 [batch]."""
    looked_up = graph.node("Gather", [graph.own(table), indices], f"{table}_of", axis=0)
    return graph.node("ReduceSum", [looked_up, graph.own("classes")], f"{table}_sum", keepdims=0)
