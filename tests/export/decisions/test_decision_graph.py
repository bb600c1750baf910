"""The graph of an exit decision, node by node; people read its names, and set thresholds by them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.margin import CRITERION as MARGIN
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.decision import IntegerDecision, integer_decision
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.decisions.decision_graph import Decision, decision_graph

LOGITS = FixedPoint(16, signed=True, frac=4)
BY_TOP1, BY_ENTROPY, BY_MARGIN = ExitRule(TOP1, 0.5), ExitRule(ENTROPY, 1.5), ExitRule(MARGIN, 2.2)
DISTANCES = (
    "quantized = QuantizeLinear(logits_2, scale, zero)",
    "integers = Cast(quantized)",
    "largest = ReduceMax(integers, classes)",
    "distances = Sub(largest, integers)",
    "indices = Min(distances, last)",
    "exponentials_of = Gather(exponentials, indices)",
    "exponentials_sum = ReduceSum(exponentials_of, classes)",
)
GRAPHS: dict[str, tuple[Decision, Sequence[str]]] = {
    "top-1 of floats": (
        BY_TOP1,
        (
            "probabilities = Softmax(logits_2)",
            "confidence = ReduceMax(probabilities, classes)",
            "take_2 = Greater(confidence, threshold)",
        ),
    ),
    "entropy of floats": (
        BY_ENTROPY,
        (
            "logarithms = LogSoftmax(logits_2)",
            "probabilities = Exp(logarithms)",
            "products = Mul(probabilities, logarithms)",
            "total = ReduceSum(products, classes)",
            "entropy = Neg(total)",
            "take_2 = Less(entropy, threshold)",
        ),
    ),
    "margin of floats": (
        BY_MARGIN,
        (
            "two_largest, their_classes = TopK(logits_2, two)",
            "largest = Gather(two_largest, first)",
            "second_largest = Gather(two_largest, second)",
            "margin = Sub(largest, second_largest)",
            "take_2 = Greater(margin, threshold)",
        ),
    ),
    "margin of integers": (
        integer_decision(BY_MARGIN, LOGITS),
        (
            "quantized = QuantizeLinear(logits_2, scale, zero)",
            "integers = Cast(quantized)",
            "two_largest, their_classes = TopK(integers, two)",
            "largest = Gather(two_largest, first)",
            "second_largest = Gather(two_largest, second)",
            "margin = Sub(largest, second_largest)",
            "take_2 = Greater(margin, bound)",
        ),
    ),
    "top-1 of integers": (
        integer_decision(BY_TOP1, LOGITS),
        (*DISTANCES, "take_2 = Less(exponentials_sum, bound)"),
    ),
    "entropy of integers": (
        integer_decision(BY_ENTROPY, LOGITS),
        (
            *DISTANCES,
            "weighted_of = Gather(weighted, indices)",
            "weighted_sum = ReduceSum(weighted_of, classes)",
            "excess = Sub(exponentials_sum, one)",
            "steps = Div(excess, step)",
            "leading_bits = Min(steps, last_step)",
            "bound = Gather(bounds, leading_bits)",
            "take_2 = Less(weighted_sum, bound)",
        ),
    ),
}


def plain(name: str) -> str:
    return name.removeprefix("decision_2.")


@pytest.mark.parametrize(("decision", "lines"), GRAPHS.values(), ids=list(GRAPHS))
def test_nodes_are_named_after_what_they_hold(decision: Decision, lines: Sequence[str]) -> None:
    graph = decision_graph(decision, 2, 10)
    assert graph.name == "decision_2"
    assert [
        f"{', '.join(map(plain, node.output))} = {node.op_type}({', '.join(map(plain, node.input))})"
        for node in graph.node
    ] == list(lines)
    for node, line in zip(graph.node, lines, strict=True):
        held = line.split(" = ")[0].split(", ")[0].replace("take_2", "take")
        assert node.name == f"decision_2.{held}/{node.op_type}"


@pytest.mark.parametrize("decision", [decision for decision, _ in GRAPHS.values()], ids=list(GRAPHS))
def test_a_batch_of_logits_becomes_a_batch_of_decisions(decision: Decision) -> None:
    graph = decision_graph(decision, 2, 10)
    (source,), (result,) = graph.input, graph.output
    for value, name, kind, shape in (
        (source, "logits_2", TensorProto.FLOAT, ["batch", 10]),
        (result, "take_2", TensorProto.BOOL, ["batch"]),
    ):
        dims = value.type.tensor_type.shape.dim
        assert (value.name, value.type.tensor_type.elem_type) == (name, kind)
        assert [dim.dim_param or dim.dim_value for dim in dims] == shape


def constants(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    return {plain(each.name): numpy_helper.to_array(each) for each in graph.initializer}


@pytest.mark.parametrize("rule", [BY_TOP1, BY_ENTROPY], ids=["top-1", "entropy"])
def test_a_threshold_of_floats_is_one_number(rule: ExitRule) -> None:
    found = constants(decision_graph(rule, 2, 10))
    assert found.keys() == {"threshold", "classes"}
    assert (found["threshold"].dtype, float(found["threshold"])) == (np.float32, rule.threshold)
    assert (found["classes"].dtype, found["classes"].tolist()) == (np.int64, [1])


def test_the_constants_of_top1_are_those_of_its_integer_rule() -> None:
    rule = TOP1.integer_rule(0.5, LOGITS)
    check_constants(integer_decision(BY_TOP1, LOGITS), exponentials=rule.exponentials, last=189, bound=2**17)


def test_the_constants_of_entropy_are_those_of_its_integer_rule() -> None:
    rule = ENTROPY.integer_rule(1.5, LOGITS)
    check_constants(
        integer_decision(BY_ENTROPY, LOGITS),
        exponentials=rule.exponentials,
        last=len(rule.weighted) - 1,
        weighted=rule.weighted,
        one=2**16,
        step=2**rule.shift,
        last_step=len(rule.bounds) - 1,
        bounds=rule.bounds,
    )


def test_the_constants_of_the_margin_are_its_bound_and_places() -> None:
    found = constants(decision_graph(integer_decision(BY_MARGIN, LOGITS), 2, 10))
    assert found.keys() == {"scale", "zero", "bound", "two", "first", "second"}
    assert (found["bound"].dtype, int(found["bound"])) == (np.int32, 35)
    assert (found["two"].tolist(), int(found["first"]), int(found["second"])) == ([2], 0, 1)


def check_constants(decision: IntegerDecision, **own: Any) -> None:
    """Check that all constants are integers of 32 bits, except for the logits' format and the axis."""
    found = constants(decision_graph(decision, 2, 10))
    wanted = {name: np.asarray(values, np.int32) for name, values in own.items()}
    wanted |= {"scale": np.float32([1 / 16])[0], "zero": np.int16([0])[0], "classes": np.int64([1])}
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype, name
