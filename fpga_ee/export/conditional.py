"""The conditional model: later stages stand in the else branch of an ``If``, so they are really skipped."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.names import EXIT_INDEX, IMAGE, LABEL, LOGITS, logits, take
from fpga_ee.errors import FpgaEeError


@dataclass(frozen=True)
class StageGraphs:
    """The graphs of one stage, as they are in its files.

    Attributes:
        backbone: The image or the feature map before it, to its feature map.
        exit: Feature map to logits.
        decision: Logits to take; None for the last stage.
    """

    backbone: onnx.GraphProto
    exit: onnx.GraphProto
    decision: onnx.GraphProto | None


def conditional_graph(
    stages: Sequence[StageGraphs], *, name: str, input_shape: Sequence[int], classes: int, batch: int
) -> onnx.GraphProto:
    """Compose the stages' graphs to one that stops at the first exit that is taken.

    Args:
        stages: All stages; the graphs share tensor names where they meet.
        name: Name of the graph.
        input_shape: Channels, height and width of the image.
        classes: Length of the logits.
        batch: Images at a time; only 1 has one answer to "does it leave?".

    Returns:
        ``image`` [1, *input_shape] to ``logits`` float32 [1, classes], ``exit_index`` int64 [1] and
        ``label`` int64 [1].

    Raises:
        FpgaEeError: The batch is not 1.
    """
    if batch != 1:
        raise FpgaEeError(
            f"a conditional model of batch {batch} cannot be exported: its images would leave at different "
            "exits; use batch 1, or all_exits.onnx for batches"
        )
    graph = _from_stage(stages, 0, _Outputs(LOGITS, EXIT_INDEX, classes), defined=set())
    graph.name = name
    graph.input.append(helper.make_tensor_value_info(IMAGE, TensorProto.FLOAT, [1, *input_shape]))
    graph.node.append(
        helper.make_node("ArgMax", [LOGITS], [LABEL], name=f"{LABEL}/ArgMax", axis=1, keepdims=0)
    )
    graph.output.append(helper.make_tensor_value_info(LABEL, TensorProto.INT64, [1]))
    return graph


@dataclass(frozen=True)
class _Outputs:
    """What every scope gives. Each scope has names of its own, since inner ones see the outer ones."""

    logits: str
    exit_index: str
    classes: int

    def of_scope(self, scope: str) -> "_Outputs":
        return _Outputs(f"{scope}.{LOGITS}", f"{scope}.{EXIT_INDEX}", self.classes)

    def declare(self, graph: onnx.GraphProto) -> None:
        graph.output.append(helper.make_tensor_value_info(self.logits, TensorProto.FLOAT, [1, self.classes]))
        graph.output.append(helper.make_tensor_value_info(self.exit_index, TensorProto.INT64, [1]))


def _from_stage(
    stages: Sequence[StageGraphs], stage: int, outputs: _Outputs, defined: set[str]
) -> onnx.GraphProto:
    """The graph from a stage on, seen from inside a scope where the tensors ``defined`` exist."""
    here = stages[stage]
    graph = onnx.GraphProto(name=f"from_stage_{stage}")
    outputs.declare(graph)
    for part in (here.backbone, here.exit, here.decision):
        if part is not None:
            _add_new(part, graph, defined)
    if here.decision is None:
        _leave(graph, stage, outputs)
        return graph
    leave = onnx.GraphProto(name=f"leave_at_exit_{stage}")
    leaving = outputs.of_scope(leave.name)
    leaving.declare(leave)
    _leave(leave, stage, leaving)
    graph.node.append(
        helper.make_node(
            "If",
            [take(stage)],
            [outputs.logits, outputs.exit_index],
            name=f"{take(stage)}/If",
            then_branch=leave,
            else_branch=_from_stage(stages, stage + 1, outputs.of_scope(f"from_stage_{stage + 1}"), defined),
        )
    )
    return graph


def _add_new(part: onnx.GraphProto, graph: onnx.GraphProto, defined: set[str]) -> None:
    """Add a part's nodes, and of its constants, which parts share, those that are not defined yet."""
    for initializer in part.initializer:
        if initializer.name not in defined:
            graph.initializer.append(initializer)
            defined.add(initializer.name)
    graph.node.extend(part.node)


def _leave(graph: onnx.GraphProto, stage: int, outputs: _Outputs) -> None:
    """Give this stage's logits; a branch may not return an outer tensor itself, hence the Identity."""
    index = numpy_helper.from_array(np.array([stage], dtype=np.int64), f"exit_{stage}.index")
    graph.initializer.append(index)
    for source, target in ((logits(stage), outputs.logits), (index.name, outputs.exit_index)):
        graph.node.append(helper.make_node("Identity", [source], [target], name=f"{target}/Identity"))
