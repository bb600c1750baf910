"""Parts samples after an exit, and joins their results, for one image or for a batch.

One image either leaves or goes on, and the branch that it takes gives its result. For a batch,

1. the samples that stay are gathered before the next stage, which runs only on them;
2. the next stage's results are scattered into the results that this exit gave for all samples;
3. where no sample stays, none of this runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.names import BATCH, feature_map, logits, stage_input, staying, take


@dataclass(frozen=True)
class Results:
    """Names of a scope's results: logits float32 [samples, classes] and exit index int64 [samples]."""

    logits: str
    exit_index: str


class Join(Protocol):
    """The connection between the stages of a conditional model. New nodes are added to a scope's graph."""

    def samples(self, stage: int, /) -> int | str:
        """Give the number of samples that reach a stage, or the name of a free dimension."""

    def stage_input(self, stage: int, /) -> str:
        """Name the tensor that a stage's backbone reads."""

    def exit_indices(self, graph: onnx.GraphProto, stage: int, /) -> str:
        """Make the index of a stage's exit, for every sample that reaches it. Give its name."""

    def all_leave(self, graph: onnx.GraphProto, stage: int, /) -> str:
        """Make the bool that says whether no sample goes beyond a stage's exit. Give its name."""

    def part(self, graph: onnx.GraphProto, stage: int, wanted: Results, /) -> Results:
        """Make the next stage's input from a stage's feature maps. Give the names of its wanted results."""

    def meet(
        self, graph: onnx.GraphProto, stage: int, here: Results, later: Results, wanted: Results, /
    ) -> None:
        """Make the wanted results of a stage's own results and of those of the samples that went on."""


class OneImage:
    """The join of a single image: its decision chooses the branch, and the branch gives its result."""

    def samples(self, _stage: int, /) -> int:
        """Give the number of samples, as for ``Join``."""
        return 1

    def stage_input(self, stage: int, /) -> str:
        """Name the input, as for ``Join``: a feature map of the scope around."""
        return stage_input(stage)

    def exit_indices(self, graph: onnx.GraphProto, stage: int, /) -> str:
        """Make the exit's index, as for ``Join``: a constant."""
        return _exit_index(graph, stage)

    def all_leave(self, _graph: onnx.GraphProto, stage: int, /) -> str:
        """Make the bool, as for ``Join``: the decision itself."""
        return take(stage)

    def part(self, _graph: onnx.GraphProto, _stage: int, wanted: Results, /) -> Results:
        """Make the input, as for ``Join``: the later stage gives the wanted results directly."""
        return wanted

    def meet(
        self, _graph: onnx.GraphProto, _stage: int, _here: Results, _later: Results, _wanted: Results, /
    ) -> None:
        """Make the results, as for ``Join``: they exist already."""


class Batch:
    """The join of any number of images, by the rules of this file."""

    def samples(self, stage: int, /) -> str:
        """Give the number of samples, as for ``Join``: a free dimension for every stage."""
        return BATCH if stage == 0 else f"staying_{stage - 1}"

    def stage_input(self, stage: int, /) -> str:
        """Name the input, as for ``Join``: the feature maps that were gathered."""
        return stage_input(stage) if stage == 0 else staying(stage - 1)

    def exit_indices(self, graph: onnx.GraphProto, stage: int, /) -> str:
        """Make the exits' indices, as for ``Join``: the repeated constant."""
        index = _exit_index(graph, stage)
        samples = add_node(graph, "Shape", [logits(stage)], f"exit_{stage}.samples", end=1)
        return add_node(graph, "Expand", [index, samples], f"exit_{stage}.indices")

    def all_leave(self, graph: onnx.GraphProto, stage: int, /) -> str:
        """Make the bool, as for ``Join``.

        The least of all decisions as integers, which exists for no samples too.
        """
        integers = add_node(graph, "Cast", [take(stage)], f"{take(stage)}.integer", to=TensorProto.UINT8)
        least = add_node(graph, "ReduceMin", [integers], f"{take(stage)}.least", keepdims=0)
        return add_node(graph, "Cast", [least], f"all_leave_{stage}", to=TensorProto.BOOL)

    def part(self, graph: onnx.GraphProto, stage: int, wanted: Results, /) -> Results:
        """Make the input, as for ``Join``: by rule 1."""
        stay = add_node(graph, "Not", [take(stage)], f"stay_{stage}")
        positions = add_node(graph, "NonZero", [stay], f"{stay}.positions")
        # From [1, samples] to one row for each sample. So GatherND selects along the first dimension only.
        rows = add_node(graph, "Transpose", [positions], _rows(stage))
        add_node(graph, "GatherND", [feature_map(stage), rows], staying(stage))
        return Results(f"{wanted.logits}.staying", f"{wanted.exit_index}.staying")

    def meet(
        self, graph: onnx.GraphProto, stage: int, here: Results, later: Results, wanted: Results, /
    ) -> None:
        """Make the results, as for ``Join``: by rule 2."""
        add_node(graph, "ScatterND", [here.logits, _rows(stage), later.logits], wanted.logits)
        add_node(graph, "ScatterND", [here.exit_index, _rows(stage), later.exit_index], wanted.exit_index)


def add_node(
    graph: onnx.GraphProto, operator: str, inputs: Sequence[str], output: str, **attributes: Any
) -> str:
    """Add a node with one output to a graph, named after both. Give the output's name."""
    graph.node.append(helper.make_node(operator, inputs, [output], name=f"{output}/{operator}", **attributes))
    return output


def _exit_index(graph: onnx.GraphProto, stage: int) -> str:
    index = numpy_helper.from_array(np.array([stage], dtype=np.int64), f"exit_{stage}.index")
    graph.initializer.append(index)
    return index.name


def _rows(stage: int) -> str:
    """Name the tensor int64 [samples that stay, 1] of their places among the samples that reached a stage."""
    return f"stay_{stage}.rows"
