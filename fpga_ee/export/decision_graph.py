"""The exit decision as an ONNX graph: integers for fixed point, a softmax for float."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.exit_tables import SCALE_BITS
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.names import BATCH, logits, take
from fpga_ee.exits.decision import EntropyDecision, Top1Decision
from fpga_ee.exits.rules import ExitRule

Decision = ExitRule | Top1Decision | EntropyDecision


class _Graph:
    """Nodes and constants of one decision, each named ``decision_<i>.<what it holds>``."""

    def __init__(self, stage: int) -> None:
        self.prefix = f"decision_{stage}"
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: Any, dtype: Any) -> str:
        full_name = f"{self.prefix}.{name}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), full_name))
        return full_name

    def node(self, operator: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        full_name = f"{self.prefix}.{name}"
        self.nodes.append(
            helper.make_node(operator, inputs, [full_name], name=f"{full_name}/{operator}", **attributes)
        )
        return full_name


def decision_graph(decision: Decision, stage: int, classes: int) -> onnx.GraphProto:
    """Make the graph from ``logits_<stage>`` [batch, classes] to ``take_<stage>`` bool [batch].

    The constants that depend on the threshold (``decision_<i>.bound``; ``.bounds`` with ``.step`` and
    ``.last_step``; or ``.threshold``) are data: another threshold is other values in the same graph.
    """
    graph = _Graph(stage)
    _add(decision, graph, logits(stage))
    graph.nodes[-1].output[0] = take(stage)
    return helper.make_graph(
        graph.nodes,
        graph.prefix,
        [helper.make_tensor_value_info(logits(stage), TensorProto.FLOAT, [BATCH, classes])],
        [helper.make_tensor_value_info(take(stage), TensorProto.BOOL, [BATCH])],
        graph.constants,
    )


@singledispatch
def _add(decision: Any, graph: _Graph, logits_name: str) -> None:  # noqa: ARG001 - the others use them
    """Add the nodes of a decision; the last one gives the answer."""
    raise TypeError(type(decision))


@_add.register
def _(decision: ExitRule, graph: _Graph, logits_name: str) -> None:
    threshold = graph.constant("threshold", decision.threshold, np.float32)
    if decision.criterion is Criterion.TOP1:
        probabilities = graph.node("Softmax", [logits_name], "probabilities", axis=1)
        axes = graph.constant("classes", [1], np.int64)
        confidence = graph.node("ReduceMax", [probabilities, axes], "confidence", keepdims=0)
        graph.node("Greater", [confidence, threshold], "take")
    else:
        logarithms = graph.node("LogSoftmax", [logits_name], "logarithms", axis=1)
        probabilities = graph.node("Exp", [logarithms], "probabilities")
        products = graph.node("Mul", [probabilities, logarithms], "products")
        axes = graph.constant("classes", [1], np.int64)
        total = graph.node("ReduceSum", [products, axes], "total", keepdims=0)
        graph.node("Less", [graph.node("Neg", [total], "entropy"), threshold], "take")


@_add.register
def _(decision: Top1Decision, graph: _Graph, logits_name: str) -> None:
    distances = _distances(decision.logits, len(decision.exponentials), graph, logits_name)
    total = _table_sum("exponentials", decision.exponentials, distances, graph)
    graph.node("Less", [total, graph.constant("bound", decision.bound, np.int32)], "take")


@_add.register
def _(decision: EntropyDecision, graph: _Graph, logits_name: str) -> None:
    distances = _distances(decision.logits, len(decision.exponentials), graph, logits_name)
    total = _table_sum("exponentials", decision.exponentials, distances, graph)
    weighted = _table_sum("weighted", decision.weighted, distances, graph)
    one = graph.constant("one", 2**SCALE_BITS, np.int32)
    step = graph.constant("step", 2**decision.shift, np.int32)
    last = graph.constant("last_step", len(decision.bounds) - 1, np.int32)
    excess = graph.node("Sub", [total, one], "excess")
    steps = graph.node("Min", [graph.node("Div", [excess, step], "steps"), last], "leading_bits")
    bounds = graph.constant("bounds", decision.bounds, np.int32)
    bound = graph.node("Gather", [bounds, steps], "bound", axis=0)
    graph.node("Less", [weighted, bound], "take")


def _distances(format_: FixedPoint, entries: int, graph: _Graph, logits_name: str) -> str:
    """Distance of each logit from the largest, as a table index."""
    scale = graph.constant("scale", format_.scale, np.float32)
    zero = graph.constant("zero", 0, np.dtype(format_.carrier))
    quantized = graph.node("QuantizeLinear", [logits_name, scale, zero], "quantized")
    integers = graph.node("Cast", [quantized], "integers", to=TensorProto.INT32)
    classes = graph.constant("classes", [1], np.int64)
    largest = graph.node("ReduceMax", [integers, classes], "largest", keepdims=1)
    distances = graph.node("Sub", [largest, integers], "distances")
    last = graph.constant("last", entries - 1, np.int32)
    return graph.node("Min", [distances, last], "indices")


def _table_sum(name: str, table: Any, indices: str, graph: _Graph) -> str:
    """Sum over the classes of what a table holds for each."""
    looked_up = graph.node("Gather", [graph.constant(name, table, np.int32), indices], f"{name}_of", axis=0)
    classes = f"{graph.prefix}.classes"
    return graph.node("ReduceSum", [looked_up, classes], f"{name}_sum", keepdims=0)
