"""The design space says of every layer and unit which stage it belongs to."""

import pytest
from helpers.networks import THREE_EXITS

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.search.replication import copied
from fpga_ee.hardware.search.space_graph import space_graph
from fpga_ee.hardware.search.space_nodes import SpaceNode, SpaceNodes

NODES = space_graph(THREE_EXITS, (0.5, 0.1), FPGACONVNET, (1, 1))


def units(nodes: SpaceNodes) -> dict[str, SpaceNode]:
    layers = {layer.name for stage in THREE_EXITS.stages for layer in stage.layers}
    return {node.name: node for node in nodes if node.name not in layers}


def test_every_layer_has_the_stage_of_the_network() -> None:
    stages = {node.name: node.stage for node in NODES}
    for index, stage in enumerate(THREE_EXITS.stages):
        assert {stages[layer.name] for layer in stage.layers} == {index}


def test_every_stage_but_the_last_has_its_units_and_all_share_the_merge() -> None:
    found = {name: (node.stage, node.is_shared) for name, node in units(NODES).items()}
    early = {
        f"{unit}.{index}": (index, False) for index in (0, 1) for unit in ("split", "decision", "buffer")
    }
    assert found == early | {"entry": (0, False), "merge": (2, True)}


def test_a_unit_is_as_busy_as_its_stage_and_the_merge_as_all_of_them() -> None:
    for node in units(NODES).values():
        rate = 1.0 if node.is_shared else (1.0, 0.5)[node.stage]
        assert all(option.period == option.interval * rate for option in node.options)


def test_copies_of_a_stage_are_of_its_layers_and_units() -> None:
    for before, after in zip(NODES, copied(NODES, ((2,), (3,), (4,))), strict=True):
        times = 1 if before.is_shared else (2, 3, 4)[before.stage]
        for option, copy in zip(before.options, after.options, strict=True):
            assert copy.resources == option.resources * times
            assert copy.period == option.period / times


def test_a_buffer_for_more_samples_than_there_are_ids_is_refused() -> None:
    with pytest.raises(FpgaEeError, match=r"of 65,537 samples is never full, since there are 65,536 IDs"):
        space_graph(THREE_EXITS, (0.5, 0.1), FPGACONVNET, (1, 65_537))


def test_a_buffer_without_room_is_refused() -> None:
    with pytest.raises(FpgaEeError, match="a conditional buffer of 0 samples deadlocks"):
        space_graph(THREE_EXITS, (0.5, 0.1), FPGACONVNET, (1, 0))
