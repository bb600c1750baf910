"""Networks: their size, and the layers that need hardware."""

import pytest
from helpers.networks import B_LENET_SE

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.graph import HardwareGraph, Stage
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.relu import Relu


def test_a_network_has_no_more_layers_than_can_be_searched() -> None:
    first = B_LENET_SE.stages[0]
    layers = tuple(Relu(str(index), first.feature_map, first.feature_map) for index in range(2_001))
    with pytest.raises(FpgaEeError, match="deep has 2,007 layers: 2,000 are the most"):
        HardwareGraph("deep", (Stage(chain_of(layers), first.exit, None),))
