"""The exit decision as an ONNX graph: integer operators for fixed point, float operators for float."""

import onnx
from onnx import TensorProto, helper

from fpga_ee.artifacts.names import BATCH, logits, take
from fpga_ee.artifacts.rules.constants import float_constants, integer_constants
from fpga_ee.exits.decision import IntegerDecision
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.decisions.criteria import DECIDERS
from fpga_ee.export.decisions.nodes import DecisionNodes

Decision = ExitRule | IntegerDecision


def decision_graph(decision: Decision, stage: int, classes: int) -> onnx.GraphProto:
    """Make the graph from ``logits_<stage>`` [batch, classes] to ``take_<stage>`` bool [batch].

    Constants that depend on the threshold are data: ``decision_<i>.threshold`` in float, and the integer
    rule's constants in fixed point. Another threshold only changes their values.
    """
    match decision:
        case ExitRule():
            graph = DecisionNodes(stage, float_constants(decision.threshold))
            DECIDERS[decision.criterion.name].by_floats(graph)
        case IntegerDecision():
            graph = DecisionNodes(stage, integer_constants(decision.integers, decision.logits))
            DECIDERS[decision.rule.criterion.name].by_integers(graph)
    graph.nodes[-1].output[0] = take(stage)
    return helper.make_graph(
        graph.nodes,
        graph.prefix,
        [helper.make_tensor_value_info(logits(stage), TensorProto.FLOAT, [BATCH, classes])],
        [helper.make_tensor_value_info(take(stage), TensorProto.BOOL, [BATCH])],
        graph.constants,
    )
