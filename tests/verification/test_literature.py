"""The larger networks of the literature, with random weights and images: no bit differs, at any exit."""

from pathlib import Path

import pytest
import torch
from deploying import deploy, verified

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule, measure
from fpga_ee.networks.catalogue import make_network

IMAGES = 24


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "criteria"),
    [
        ("B_Lenet_cifar", [Criterion.ENTROPY]),
        ("B_Alexnet_cifar", [Criterion.TOP1, Criterion.ENTROPY]),
        ("TW_SmallCNN", [Criterion.ENTROPY]),
        ("C_Alexnet_SVHN", [Criterion.TOP1]),
    ],
)
def test_no_bit_differs_and_every_exit_is_taken(name: str, criteria: list[Criterion], tmp_path: Path) -> None:
    network = make_network(name).eval()
    with torch.no_grad():
        for exit_ in network.exits:
            # Fresh weights give logits that are all but equal.
            exit_[-1].weight.mul_(8)  # type: ignore[operator, union-attr]
    random = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, *network.input_shape), generator=random).float() / 256
    logits = [each.double() for each in logits_of(network, images)]
    rules = [
        ExitRule(criterion, float(measure(criterion, of_exit).median()))
        for criterion, of_exit in zip(criteria, logits, strict=False)
    ]
    verification = verified(deploy(network, rules, images.numpy(), tmp_path), images.numpy())
    assert verification.passed, verification.diagnosis
    assert min(verification.exit_counts) > 0
