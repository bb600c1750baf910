"""In the conditional models later stages stand in else branches only, so they are really skipped."""

import numpy as np
import onnx
import pytest
from helpers.exported import Exported
from helpers.onnx_graphs import all_graphs, all_initializers, all_nodes
from onnx import numpy_helper

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.running import Level, load
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.conditional import StageGraphs, conditional_graph
from fpga_ee.export.decisions.decision_graph import decision_graph
from fpga_ee.export.joins import OneImage
from fpga_ee.export.network_graph import IR_VERSION, OPSET

CONDITIONS = {"Deployed.onnx": "take", "Deployed.batch.onnx": "all_leave"}
"""The condition of the branch after each exit, in the models of one image and of a batch."""


@pytest.fixture(scope="module", params=CONDITIONS)
def file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def graph(exported: Exported, file: str) -> onnx.GraphProto:
    return onnx.load(exported.folder / file).graph


def branches(graph: onnx.GraphProto) -> tuple[onnx.GraphProto, onnx.GraphProto] | None:
    """Then and else branch of the only ``If`` of a graph."""
    ifs = [node for node in graph.node if node.op_type == "If"]
    assert len(ifs) <= 1
    if not ifs:
        return None
    found = {attribute.name: attribute.g for attribute in ifs[0].attribute}
    return found["then_branch"], found["else_branch"]


def nesting(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    """The graph and, one in another, its else branches."""
    levels = [graph]
    while (inner := branches(levels[-1])) is not None:
        levels.append(inner[1])
    return levels


def parameters_read_in(graph: onnx.GraphProto, parameters: set[str]) -> set[str]:
    return {name for node in graph.node for name in node.input if name in parameters}


def test_each_stage_is_computed_one_else_branch_deeper(exported: Exported, graph: onnx.GraphProto) -> None:
    parameters = set(exported.network.state_dict())
    levels = nesting(graph)
    assert len(levels) == 3
    for stage, level in enumerate(levels):
        here = (f"backbone.{stage}.", f"exits.{stage}.")
        assert parameters_read_in(level, parameters) == {name for name in parameters if name.startswith(here)}


def test_the_constants_of_later_stages_stand_in_their_branch_too(
    exported: Exported, graph: onnx.GraphProto
) -> None:
    parameters = set(exported.network.state_dict())
    for stage, level in enumerate(nesting(graph)):
        owned = {each.name for each in level.initializer} & parameters
        assert all(name.split(".")[1] == str(stage) for name in owned)


def test_every_branch_is_chosen_by_its_own_decision(graph: onnx.GraphProto, file: str) -> None:
    for stage, level in enumerate(nesting(graph)[:-1]):
        (condition,) = (node for node in level.node if node.op_type == "If")
        assert list(condition.input) == [f"{CONDITIONS[file]}_{stage}"]


def test_a_then_branch_only_hands_on_what_is_there(graph: onnx.GraphProto) -> None:
    for stage, level in enumerate(nesting(graph)[:-1]):
        inner = branches(level)
        assert inner is not None
        leave = inner[0]
        assert [node.op_type for node in leave.node] == ["Identity", "Identity"]
        assert leave.node[0].input[0] == f"logits_{stage}"
        index = next(each for each in level.initializer if each.name == f"exit_{stage}.index")
        assert numpy_helper.to_array(index).tolist() == [stage]


def test_every_name_is_defined_once_in_all_scopes(graph: onnx.GraphProto) -> None:
    tensors = [name for node in all_nodes(graph) for name in node.output]
    tensors += [each.name for each in all_initializers(graph)] + [each.name for each in graph.input]
    assert len(set(tensors)) == len(tensors)
    nodes = [node.name for node in all_nodes(graph)]
    assert len(set(nodes)) == len(nodes)
    scopes = [each.name for each in all_graphs(graph)]
    assert len(set(scopes)) == len(scopes)


def tiny(logits: list[list[float]], thresholds: list[float]) -> onnx.ModelProto:
    """Make a conditional model whose exits give fixed logits for every image."""
    stages = []
    for stage, values in enumerate(logits):
        source = "image" if stage == 0 else f"feature_map_{stage - 1}"
        backbone = onnx.parser.parse_graph(
            f"backbone (float[1,1,1,1] {source}) => (float[1,1,1,1] feature_map_{stage}) "
            f"{{ feature_map_{stage} = Relu({source}) }}"
        )
        exit_ = onnx.parser.parse_graph(
            f"exit (float[1,1,1,1] feature_map_{stage}) => (float[1,{len(values)}] logits_{stage}) "
            f"{{ logits_{stage} = Identity(given_{stage}) }}"
        )
        exit_.initializer.append(numpy_helper.from_array(np.array([values], np.float32), f"given_{stage}"))
        decision = None
        if stage < len(thresholds):
            decision = decision_graph(ExitRule(TOP1, thresholds[stage]), stage, len(values))
        stages.append(StageGraphs(backbone, exit_, decision))
    graph = conditional_graph(stages, OneImage(), name="tiny", input_shape=(1, 1, 1), classes=len(logits[0]))
    return onnx.helper.make_model(
        graph, ir_version=IR_VERSION, opset_imports=[onnx.helper.make_opsetid("", OPSET)]
    )


SURE, UNSURE = [9.0, 0.0, 0.0], [0.0, 1.0, 1.0]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize(
    ("logits", "exit_index", "label"),
    [
        ([SURE, UNSURE, UNSURE], 0, 0),
        ([UNSURE, SURE, UNSURE], 1, 0),
        ([UNSURE, UNSURE, SURE], 2, 0),
        ([UNSURE, UNSURE, UNSURE], 2, 1),
        ([SURE, SURE, SURE], 0, 0),
    ],
)
def test_it_answers_with_the_first_sure_exit_and_the_first_of_equal_labels(
    level: Level, logits: list[list[float]], exit_index: int, label: int
) -> None:
    model = load(tiny(logits, [0.9, 0.9]).SerializeToString(), level)
    outputs = model.run(["logits", "exit_index", "label"], {"image": np.zeros((1, 1, 1, 1), np.float32)})
    assert outputs[0].tolist() == [logits[exit_index]]
    assert outputs[1].tolist() == [exit_index]
    assert outputs[2].tolist() == [label]


def test_a_network_with_one_exit_has_no_branch() -> None:
    model = tiny([UNSURE], [])
    assert branches(model.graph) is None
    outputs = load(model.SerializeToString(), Level.ENABLE_ALL).run(
        ["exit_index"], {"image": np.zeros((1, 1, 1, 1), np.float32)}
    )
    assert outputs[0].tolist() == [0]


def test_its_exits_are_all_taken_by_some_image(exported: Exported, validation_images: LabelledImages) -> None:
    """So the tests above speak of branches that are really run."""
    model = load(exported.folder / "Deployed.onnx", Level.ENABLE_ALL)
    images = validation_images.inputs()
    taken = [int(model.run(["exit_index"], {"image": image[None]})[0][0]) for image in images]
    assert set(taken) == {0, 1, 2}
