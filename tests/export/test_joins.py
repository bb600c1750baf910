"""The conditional model of a batch runs each stage on the samples that stay, and keeps their order."""

import numpy as np
import onnx
import pytest
from helpers.exported import Exported
from helpers.onnx_graphs import all_graphs, all_nodes
from numpy.typing import NDArray

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.running import Level, Model, load
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.conditional import StageGraphs, conditional_graph
from fpga_ee.export.decisions.decision_graph import decision_graph
from fpga_ee.export.joins import Batch
from fpga_ee.export.network_graph import IR_VERSION, OPSET

CLASSES = 4


def counting_stages(exits: int) -> list[StageGraphs]:
    """Each stage takes one from every value, which are the logits too; later exits want less certainty."""
    stages = []
    for stage in range(exits):
        source = "image" if stage == 0 else f"feature_map_{stage - 1}"
        backbone = onnx.parser.parse_graph(
            f"backbone (float[n,{CLASSES},1,1] {source}) => (float[n,{CLASSES},1,1] feature_map_{stage}) "
            f"<float one_{stage} = {{1}}> {{ feature_map_{stage} = Sub({source}, one_{stage}) }}"
        )
        exit_ = onnx.parser.parse_graph(
            f"exit (float[n,{CLASSES},1,1] feature_map_{stage}) => (float[n,{CLASSES}] logits_{stage}) "
            f"{{ logits_{stage} = Flatten(feature_map_{stage}) }}"
        )
        rule = ExitRule(TOP1, 0.95 - 0.2 * stage)
        decision = decision_graph(rule, stage, CLASSES) if stage < exits - 1 else None
        stages.append(StageGraphs(backbone, exit_, decision))
    return stages


def counting(exits: int, level: Level) -> Model:
    graph = conditional_graph(
        counting_stages(exits), Batch(), name="counting", input_shape=(CLASSES, 1, 1), classes=CLASSES
    )
    model = onnx.helper.make_model(
        graph, ir_version=IR_VERSION, opset_imports=[onnx.helper.make_opsetid("", OPSET)]
    )
    onnx.checker.check_model(model, full_check=True)
    return load(model.SerializeToString(), level)


CERTAINTY = {0: 9.0, 1: 3.0, 2: 1.75, 3: 0.5}
"""Of an image that leaves at each exit: how far its largest value stands out."""


def images(leaving_at: list[int]) -> NDArray[np.float32]:
    values = np.zeros((len(leaving_at), CLASSES, 1, 1), np.float32)
    for index, exit_index in enumerate(leaving_at):
        values[index] += index  # so that every image has logits of its own
        values[index, index % CLASSES] += CERTAINTY[exit_index]
    return values


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize(
    "leaving_at",
    [
        [0, 0, 0],
        [3, 3, 3, 3, 3],
        [0],
        [3],
        [3, 0],
        [0, 1, 2, 3, 3, 2, 1, 0, 0],
        [2, 2, 0, 2],
        [3, 1, 1, 3, 1, 0],
        [],
    ],
)
def test_every_image_gets_the_answer_of_its_own_exit_in_the_order_of_the_input(
    leaving_at: list[int], level: Level
) -> None:
    given = images(leaving_at)
    outputs = counting(4, level).run(["logits", "exit_index", "label"], {"image": given})
    assert outputs[1].tolist() == leaving_at
    taken = given[:, :, 0, 0] - (1 + np.array(leaving_at, np.float32).reshape(-1, 1))
    np.testing.assert_array_equal(outputs[0], taken)
    assert outputs[2].tolist() == [index % CLASSES for index in range(len(leaving_at))]


def test_a_stage_runs_on_the_samples_that_stay_and_on_no_others() -> None:
    graph = conditional_graph(
        counting_stages(3), Batch(), name="counting", input_shape=(CLASSES, 1, 1), classes=CLASSES
    )
    readers = {
        name: [node.op_type for node in all_nodes(graph) if name in node.input]
        for name in ("feature_map_0", "feature_map_1")
    }
    assert readers == {name: ["Flatten", "GatherND"] for name in readers}


def test_every_stage_has_a_number_of_samples_of_its_own() -> None:
    graph = conditional_graph(
        counting_stages(4), Batch(), name="counting", input_shape=(CLASSES, 1, 1), classes=CLASSES
    )
    dimensions = {
        each.name: [output.type.tensor_type.shape.dim[0].dim_param for output in each.output]
        for each in all_graphs(graph)
    }
    assert dimensions == {
        "counting": ["batch"] * 3,
        "leave_at_exit_0": ["batch"] * 2,
        "from_stage_1": ["batch"] * 2,
        "leave_at_exit_1": ["staying_0"] * 2,
        "from_stage_2": ["staying_0"] * 2,
        "leave_at_exit_2": ["staying_1"] * 2,
        "from_stage_3": ["staying_1"] * 2,
    }


def test_a_network_with_one_exit_has_no_branch() -> None:
    model = counting(1, Level.ENABLE_ALL)
    outputs = model.run(["logits", "exit_index"], {"image": images([0, 3])})
    assert outputs[1].tolist() == [0, 0]
    assert outputs[0].shape == (2, CLASSES)


def test_a_part_is_the_same_in_both_models_but_for_what_it_reads(exported: Exported) -> None:
    """So nothing that was proven of the one has to be believed of the other."""
    one, batch = (
        {node.name: node for node in all_nodes(onnx.load(exported.folder / file).graph)}
        for file in ("Deployed.onnx", "Deployed.batch.onnx")
    )
    parts = {
        node.name
        for stage in range(3)
        for part in (f"backbone_{stage}", f"exit_{stage}", f"decision_{stage}")
        if (exported.folder / f"{part}.onnx").is_file()
        for node in onnx.load(exported.folder / f"{part}.onnx").graph.node
    }
    assert parts <= one.keys() & batch.keys()
    for name in parts:
        renamed = [source.removesuffix(".staying") for source in batch[name].input]
        assert renamed == list(one[name].input)
        assert batch[name].attribute == one[name].attribute
