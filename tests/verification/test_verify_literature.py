"""The larger networks of the literature, with random weights and images: no bit differs, at any exit."""

from pathlib import Path

import onnx
import pytest
import torch
from helpers.deploying import deploy, verified
from helpers.onnx_graphs import all_nodes

from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.catalogue import make_network

IMAGES = 24


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "criteria"),
    [
        ("B_Lenet_cifar", [ENTROPY]),
        ("B_Alexnet_cifar", [TOP1, ENTROPY]),
        ("TW_SmallCNN", [ENTROPY]),
        ("C_Alexnet_SVHN", [TOP1]),
    ],
)
def test_no_bit_differs_and_every_exit_is_taken(name: str, criteria: list[Criterion], tmp_path: Path) -> None:
    network = make_network(name).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            # PyTorch's fresh weights let the values shrink from layer to layer until all logits are equal.
            parameter.mul_(6**0.5)
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, *network.input_shape), generator=random).float() / 256
    logits = [each.double() for each in logits_of(network, images)]
    rules = [
        ExitRule(criterion, float(measure(criterion, of_exit).median()))
        for criterion, of_exit in zip(criteria, logits, strict=False)
    ]
    deployment = deploy(network, rules, images.numpy(), tmp_path)
    conditional = onnx.load(tmp_path / deployment.manifest.conditional).graph
    operators = [node.op_type for node in all_nodes(conditional)]
    assert operators.count("If") == len(rules)
    assert "Dropout" not in operators
    verification = verified(deployment, images.numpy())
    assert verification.passed, verification.diagnosis
    assert min(verification.exit_counts) > 0
    assert all(len(of_exit.round(decimals=1).unique()) > IMAGES for of_exit in logits)
