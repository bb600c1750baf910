"""The conditional models.

Later stages are in the else branch of an ``If``, so that they are really skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

from fpga_ee.artifacts.names import EXIT_INDEX, IMAGE, LABEL, LOGITS, logits, stage_input
from fpga_ee.export.joins import Join, Results, add_node


@dataclass(frozen=True)
class StageGraphs:
    """The graphs of one stage, as they are in its files.

    Attributes:
        backbone: From the image or the feature map before it to its feature map.
        exit: From the feature map to the logits.
        decision: From the logits to the tensor ``take``; None for the last stage.
    """

    backbone: onnx.GraphProto
    exit: onnx.GraphProto
    decision: onnx.GraphProto | None


def conditional_graph(
    stages: Sequence[StageGraphs], join: Join, *, name: str, input_shape: Sequence[int], classes: int
) -> onnx.GraphProto:
    """Compose the stages' graphs to one that stops when no sample goes beyond an exit.

    Args:
        stages: All stages; the graphs share tensor names where they meet.
        join: For one image or for a batch.
        name: Name of the graph.
        input_shape: Channels, height and width of the image.
        classes: Length of the logits.

    Returns:
        A graph from ``image`` [samples, *input_shape] to ``logits`` float32 [samples, classes],
        ``exit_index`` int64 [samples] and ``label`` int64 [samples]. The join decides the number of samples.
    """
    composer = _Composer(tuple(stages), join, classes, set())
    graph = onnx.GraphProto(name=name)
    samples = join.samples(0)
    graph.input.append(helper.make_tensor_value_info(IMAGE, TensorProto.FLOAT, [samples, *input_shape]))
    results = Results(LOGITS, EXIT_INDEX)
    composer.declare(graph, results, samples)
    composer.add_from(graph, 0, results)
    add_node(graph, "ArgMax", [LOGITS], LABEL, axis=1, keepdims=0)
    graph.output.append(helper.make_tensor_value_info(LABEL, TensorProto.INT64, [samples]))
    return graph


@dataclass(frozen=True)
class _Composer:
    """The data of all scopes of a model; ``defined`` are the constants of the scopes around."""

    stages: tuple[StageGraphs, ...]
    join: Join
    classes: int
    defined: set[str]

    def add_from(self, graph: onnx.GraphProto, stage: int, wanted: Results) -> None:
        """Add a stage and all later stages to the graph of a scope, up to the wanted results."""
        self._add_parts(graph, stage)
        here = Results(logits(stage), self.join.exit_indices(graph, stage))
        if stage == len(self.stages) - 1:
            _hand_on(graph, here, wanted)
            return
        all_leave = self.join.all_leave(graph, stage)
        node = helper.make_node(
            "If",
            [all_leave],
            [wanted.logits, wanted.exit_index],
            name=f"{all_leave}/If",
            then_branch=self._leaving(stage, here),
            else_branch=self._going_on(stage, here),
        )
        graph.node.append(node)

    def declare(self, graph: onnx.GraphProto, results: Results, samples: int | str) -> None:
        """Declare results as outputs of a scope."""
        shape = [samples, self.classes]
        graph.output.append(helper.make_tensor_value_info(results.logits, TensorProto.FLOAT, shape))
        graph.output.append(helper.make_tensor_value_info(results.exit_index, TensorProto.INT64, [samples]))

    def _leaving(self, stage: int, here: Results) -> onnx.GraphProto:
        graph, wanted = self._branch(f"leave_at_exit_{stage}", stage)
        _hand_on(graph, here, wanted)
        return graph

    def _going_on(self, stage: int, here: Results) -> onnx.GraphProto:
        graph, wanted = self._branch(f"from_stage_{stage + 1}", stage)
        later = self.join.part(graph, stage, wanted)
        self.add_from(graph, stage + 1, later)
        self.join.meet(graph, stage, here, later, wanted)
        return graph

    def _branch(self, name: str, stage: int) -> tuple[onnx.GraphProto, Results]:
        """Make a branch after a stage.

        Its results have their own names, because it sees the names around it.
        """
        graph, results = onnx.GraphProto(name=name), Results(f"{name}.{LOGITS}", f"{name}.{EXIT_INDEX}")
        self.declare(graph, results, self.join.samples(stage))
        return graph, results

    def _add_parts(self, graph: onnx.GraphProto, stage: int) -> None:
        """Add a stage's nodes, and those of its constants that are not defined yet."""
        parts, first = self.stages[stage], len(graph.node)
        for part in (parts.backbone, parts.exit, parts.decision):
            if part is None:
                continue
            for initializer in part.initializer:
                if initializer.name not in self.defined:
                    graph.initializer.append(initializer)
                    self.defined.add(initializer.name)
            graph.node.extend(part.node)
        own_input, given = stage_input(stage), self.join.stage_input(stage)
        for node in graph.node[first:]:
            node.input[:] = [given if source == own_input else source for source in node.input]


def _hand_on(graph: onnx.GraphProto, here: Results, wanted: Results) -> None:
    """Give results. A branch may not return an outer tensor itself, so an Identity copies it."""
    add_node(graph, "Identity", [here.logits], wanted.logits)
    add_node(graph, "Identity", [here.exit_index], wanted.exit_index)
