"""The networks are the published ones: same parameters, same names, same shapes, same work."""

import pytest
import torch

from fpga_ee.networks.catalogue import NETWORKS, make_network
from fpga_ee.networks.cost import multiplications

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
    "B_Lenet_cifar": {
        "backbone.0.layer.0.weight": (5, 3, 5, 5),
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
    "B_Alexnet_cifar": {
        "backbone.0.0.layer.0.weight": (32, 3, 5, 5),
        "backbone.0.0.layer.0.bias": (32,),
        "backbone.1.0.layer.0.weight": (64, 32, 5, 5),
        "backbone.1.0.layer.0.bias": (64,),
        "backbone.1.1.weight": (96, 64, 3, 3),
        "backbone.1.1.bias": (96,),
        "backbone.2.0.weight": (96, 96, 3, 3),
        "backbone.2.0.bias": (96,),
        "backbone.2.2.weight": (64, 96, 3, 3),
        "backbone.2.2.bias": (64,),
        "backbone.2.6.weight": (256, 576),
        "backbone.2.6.bias": (256,),
        "backbone.2.9.weight": (128, 256),
        "backbone.2.9.bias": (128,),
        "exits.0.0.weight": (64, 32, 3, 3),
        "exits.0.0.bias": (64,),
        "exits.0.3.weight": (32, 64, 3, 3),
        "exits.0.3.bias": (32,),
        "exits.0.7.weight": (10, 288),
        "exits.0.7.bias": (10,),
        "exits.1.1.weight": (32, 96, 3, 3),
        "exits.1.1.bias": (32,),
        "exits.1.4.weight": (10, 32),
        "exits.1.4.bias": (10,),
        "exits.2.1.weight": (10, 128),
        "exits.2.1.bias": (10,),
    },
    "TW_SmallCNN": {
        "backbone.0.0.weight": (32, 1, 3, 3),
        "backbone.0.0.bias": (32,),
        "backbone.1.0.weight": (32, 32, 3, 3),
        "backbone.1.0.bias": (32,),
        "backbone.1.3.weight": (64, 32, 3, 3),
        "backbone.1.3.bias": (64,),
        "backbone.1.5.weight": (64, 64, 3, 3),
        "backbone.1.5.bias": (64,),
        "backbone.1.9.weight": (200, 1024),
        "backbone.1.9.bias": (200,),
        "backbone.1.11.weight": (200, 200),
        "backbone.1.11.bias": (200,),
        "exits.0.0.weight": (16, 32, 3, 3),
        "exits.0.0.bias": (16,),
        "exits.0.3.weight": (200, 576),
        "exits.0.3.bias": (200,),
        "exits.0.4.weight": (200, 200),
        "exits.0.4.bias": (200,),
        "exits.0.5.weight": (10, 200),
        "exits.0.5.bias": (10,),
        "exits.1.0.weight": (10, 200),
        "exits.1.0.bias": (10,),
    },
    "C_Alexnet_SVHN": {
        "backbone.0.0.layer.0.weight": (64, 3, 3, 3),
        "backbone.0.0.layer.0.bias": (64,),
        "backbone.0.1.layer.0.weight": (192, 64, 3, 3),
        "backbone.0.1.layer.0.bias": (192,),
        "backbone.0.2.weight": (384, 192, 3, 3),
        "backbone.0.2.bias": (384,),
        "backbone.1.0.weight": (256, 384, 3, 3),
        "backbone.1.0.bias": (256,),
        "backbone.1.2.weight": (256, 256, 3, 3),
        "backbone.1.2.bias": (256,),
        "backbone.1.6.weight": (2048, 2304),
        "backbone.1.6.bias": (2048,),
        "backbone.1.8.weight": (2048, 2048),
        "backbone.1.8.bias": (2048,),
        "exits.0.0.weight": (128, 384, 3, 3),
        "exits.0.0.bias": (128,),
        "exits.0.4.weight": (10, 1152),
        "exits.0.4.bias": (10,),
        "exits.1.1.weight": (10, 2048),
        "exits.1.1.bias": (10,),
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_checkpoint_loads_by_its_names(name: str) -> None:
    network = make_network(name)

    network.load_state_dict({key: torch.ones(shape) for key, shape in PUBLISHED[name].items()}, strict=True)

    assert all(bool((parameter == 1).all()) for parameter in network.parameters())


# Shapes of the feature maps, weights of the exits' losses, and multiplications of a sample by the exit it
# leaves at: output positions times window times channels in and out, summed over the layers on its way.
WORK = {
    "B_Lenet": ([(5, 30, 30), (84,)], (1, 0.3), (220_150, 1_247_720)),
    "B_Lenet_fcn": ([(5, 16, 16), (84,)], (1, 0.3), (249_600, 1_530_920)),
    "B_Lenet_se": ([(5, 16, 16), (720,)], (1, 0.3), (249_600, 1_476_800)),
    "B_Lenet_cifar": ([(5, 16, 16), (84,)], (1, 0.3), (505_600, 1_786_920)),
    "B_Alexnet_cifar": (
        [(32, 15, 15), (96, 7, 7), (128,)],
        (1, 1, 1),
        (7_510_848, 21_989_504, 28_944_768),
    ),
    "TW_SmallCNN": ([(32, 26, 26), (200,)], (1, 0.3), (1_015_440, 10_773_152)),
    "C_Alexnet_SVHN": ([(384, 8, 8), (2048,)], (1, 0.3), (108_619_776, 211_924_992)),
    "ResNet8": ([(64, 8, 8)], (1,), (12_501_632,)),
    "ResNet8_ee": (
        [(16, 32, 32), (32, 16, 16), (64, 8, 8)],
        (1, 0.6, 0.3),
        (6_340_928, 10_601_088, 14_271_744),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_feature_maps_losses_and_work_are_the_published_ones(name: str) -> None:
    network = make_network(name)
    found = (network.feature_map_shapes(), network.exit_loss_weights, multiplications(network))
    assert found == WORK[name]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_exit_tells_ten_classes_apart(name: str) -> None:
    network = make_network(name)
    for logits in network(torch.rand(3, *network.input_shape)):
        assert logits.shape == (3, 10)


def test_every_network_has_the_data_set_it_was_published_for() -> None:
    assert {name: make_network(name).data_set for name in NETWORKS} == {
        "B_Lenet": "mnist",
        "B_Lenet_fcn": "mnist",
        "B_Lenet_se": "mnist",
        "B_Lenet_cifar": "cifar10",
        "B_Alexnet_cifar": "cifar10",
        "TW_SmallCNN": "mnist",
        "C_Alexnet_SVHN": "svhn",
        "ResNet8": "cifar10",
        "ResNet8_ee": "cifar10",
    }
