"""The integer decision takes the same exits in PyTorch and as an ONNX graph, bit for bit."""

import numpy as np
import onnx
import pytest
import torch
from helpers.draws import draws
from helpers.thresholds import THRESHOLDS
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria import CRITERIA
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.artifacts.running import Level, load
from fpga_ee.exits.decision import IntegerDecision, integer_decision
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.decisions.decision_graph import decision_graph
from fpga_ee.export.network_graph import IR_VERSION, OPSET

SAMPLES = 300

formats = st.builds(
    FixedPoint,
    bits=st.integers(8, 16),
    signed=st.booleans(),
    frac=st.integers(-2, 6),
)


def onnx_model(decision: IntegerDecision, classes: int) -> bytes:
    model = helper.make_model(
        decision_graph(decision, 3, classes),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_every_decision_is_the_same(criterion: Criterion, level: Level) -> None:
    @settings(max_examples=draws(60))
    @given(
        logits=formats,
        threshold=THRESHOLDS[criterion.name],
        classes=st.integers(2, 12),
        spread=st.sampled_from([1, 8, 64, 2**16]),
        seed=st.integers(0, 2**32),
    )
    def check(logits: FixedPoint, threshold: float, classes: int, spread: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        middle = (logits.low + logits.high) // 2
        integers = (middle + random.integers(-spread, spread + 1, size=(SAMPLES, classes))).clip(
            logits.low, logits.high
        )
        integers[0], integers[1], integers[1, 0] = logits.high, logits.low, logits.high
        values = (integers * logits.scale).astype(np.float32)
        decision = integer_decision(ExitRule(criterion, threshold), logits)

        (take,) = load(onnx_model(decision, classes), level).run(None, {"logits_3": values})

        np.testing.assert_array_equal(take, decision(torch.from_numpy(values)).numpy())

    check()


def test_the_graph_computes_with_integers_only() -> None:
    """Between the logits' QuantizeLinear and the answer there is no float."""
    for criterion in CRITERIA.values():
        graph = decision_graph(
            integer_decision(ExitRule(criterion, 0.5), FixedPoint(bits=16, signed=True, frac=4)), 0, 10
        )
        floats = [constant.name for constant in graph.initializer if constant.data_type == TensorProto.FLOAT]
        assert floats == ["decision_0.scale"]
        assert [node.op_type for node in graph.node if "decision_0.scale" in node.input] == ["QuantizeLinear"]


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_another_threshold_is_other_data_in_the_same_graph(criterion: Criterion) -> None:
    logits = FixedPoint(bits=16, signed=True, frac=4)
    strict, loose = (
        decision_graph(integer_decision(ExitRule(criterion, threshold), logits), 0, 10)
        for threshold in (0.5, 0.6)
    )
    assert [node.SerializeToString() for node in strict.node] == [
        node.SerializeToString() for node in loose.node
    ]
    pairs = zip(strict.initializer, loose.initializer, strict=True)
    changed = {ours.name.removeprefix("decision_0.") for ours, theirs in pairs if ours != theirs}
    assert changed
    assert changed <= {"bound", "bounds", "step", "last_step"}


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_a_float_rule_decides_as_in_pytorch_away_from_the_threshold(criterion: Criterion) -> None:
    rule = ExitRule(criterion, 0.7)
    model = helper.make_model(
        decision_graph(rule, 0, 10), ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    logits = np.random.default_rng(0).normal(size=(1000, 10)).astype(np.float32) * 3
    (take,) = load(model.SerializeToString(), Level.DISABLE_ALL).run(None, {"logits_0": logits})
    expected = rule(torch.from_numpy(logits)).numpy()
    assert 100 < expected.sum() < 900
    np.testing.assert_array_equal(take, expected)
