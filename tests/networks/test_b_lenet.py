"""The three B_Lenets are the published ones: same parameters, same names, same shapes."""

import pytest
import torch

from fpga_ee.networks.catalogue import NETWORKS, make_network

# Names in the checkpoints that the published classes write, with the shapes of the weights.
PUBLISHED = {
    "B_Lenet": {
        "backbone.0.weight": (5, 1, 5, 5),
        "backbone.0.bias": (5,),
        "backbone.1.1.layer.0.weight": (10, 5, 5, 5),
        "backbone.1.1.layer.0.bias": (10,),
        "backbone.1.2.layer.0.weight": (20, 10, 5, 5),
        "backbone.1.2.layer.0.bias": (20,),
        "backbone.1.3.1.weight": (84, 720),
        "backbone.1.3.1.bias": (84,),
        "exits.0.2.layer.0.weight": (10, 5, 3, 3),
        "exits.0.2.layer.0.bias": (10,),
        "exits.0.4.weight": (10, 640),
        "exits.1.0.weight": (10, 84),
    },
    "B_Lenet_fcn": {
        "backbone.0.layer.0.weight": (5, 1, 5, 5),
        "backbone.0.layer.0.bias": (5,),
        "backbone.1.0.layer.0.weight": (10, 5, 5, 5),
        "backbone.1.0.layer.0.bias": (10,),
        "backbone.1.1.layer.0.weight": (20, 10, 5, 5),
        "backbone.1.1.layer.0.bias": (20,),
        "backbone.1.3.weight": (84, 720),
        "backbone.1.3.bias": (84,),
        "exits.0.0.layer.0.weight": (10, 5, 3, 3),
        "exits.0.0.layer.0.bias": (10,),
        "exits.0.2.weight": (10, 640),
        "exits.0.2.bias": (10,),
        "exits.1.0.weight": (10, 84),
        "exits.1.0.bias": (10,),
    },
    "B_Lenet_se": {
        "backbone.0.layer.0.weight": (5, 1, 5, 5),
        "backbone.0.layer.0.bias": (5,),
        "backbone.1.0.layer.0.weight": (10, 5, 5, 5),
        "backbone.1.0.layer.0.bias": (10,),
        "backbone.1.1.layer.0.weight": (20, 10, 5, 5),
        "backbone.1.1.layer.0.bias": (20,),
        "exits.0.0.layer.0.weight": (10, 5, 3, 3),
        "exits.0.0.layer.0.bias": (10,),
        "exits.0.2.weight": (10, 640),
        "exits.0.2.bias": (10,),
        "exits.1.0.weight": (10, 720),
        "exits.1.0.bias": (10,),
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_published_checkpoint_loads_by_its_names(name: str) -> None:
    network = make_network(name)

    network.load_state_dict({key: torch.ones(shape) for key, shape in PUBLISHED[name].items()}, strict=True)

    assert all(bool((parameter == 1).all()) for parameter in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_both_exits_tell_ten_digits_apart(name: str) -> None:
    assert [logits.shape for logits in make_network(name)(torch.rand(3, 1, 28, 28))] == [(3, 10), (3, 10)]


def test_feature_maps_have_the_published_shapes() -> None:
    assert make_network("B_Lenet").feature_map_shapes() == [(5, 30, 30), (84,)]
    assert make_network("B_Lenet_fcn").feature_map_shapes() == [(5, 16, 16), (84,)]
    assert make_network("B_Lenet_se").feature_map_shapes() == [(5, 16, 16), (720,)]


def test_the_first_exit_counts_most_in_training() -> None:
    assert {make_network(name).exit_loss_weights for name in NETWORKS} == {(1.0, 0.3)}
