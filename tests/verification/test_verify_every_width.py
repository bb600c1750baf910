"""Every width of weights and activations is exact on real digits, at both optimization levels."""

from pathlib import Path

import pytest
import torch
from helpers.deploying import deploy, verified
from helpers.fitted import fitted

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.margin import CRITERION as MARGIN
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule

WIDTHS = [2, 3, 4, 5, 6, 7, 8]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("weight_bits", "activation_bits", "criterion"),
    [
        *((bits, bits, TOP1) for bits in WIDTHS),
        (2, 8, ENTROPY),
        (7, 2, ENTROPY),
        (7, 8, MARGIN),
        (4, 4, MARGIN),
    ],
)
def test_it_is_exact(
    weight_bits: int, activation_bits: int, criterion: Criterion, digits: LabelledImages, tmp_path: Path
) -> None:
    network = fitted("B_Lenet_se")
    images = digits.head(200).inputs()
    measured = measure(criterion, logits_of(network, torch.from_numpy(images))[0].double())
    rule = ExitRule(criterion, float(measured.median()))

    deployment = deploy(network, [rule], images, tmp_path, Widths(weight_bits, activation_bits))
    verification = verified(deployment, images)

    assert verification.passed, verification.diagnosis
    assert {run.level for run in verification.runs} == {None, "DISABLE_ALL", "ENABLE_ALL"}
    assert not any(run.difference.images for run in verification.runs)
    for layer in deployment.manifest.layers.values():
        assert layer.weight.bits == weight_bits
    assert deployment.manifest.stages[0].feature_map.format is not None
    assert deployment.manifest.stages[0].feature_map.format.bits == activation_bits
