"""A forward method that takes sizes from its input, as many are written, is exact like any other."""

from pathlib import Path

import pytest
import torch
from helpers.deploying import deploy, verified
from helpers.small_networks import Handwritten

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule


@pytest.mark.slow
def test_it_is_exact(validation_images: LabelledImages, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Handwritten().eval()
    images = validation_images.inputs()

    measured = measure(TOP1, logits_of(network, torch.from_numpy(images))[0].double())
    rule = ExitRule(TOP1, float(measured.median()))

    deployment = deploy(network, [rule], images, tmp_path)
    verification = verified(deployment, images)

    assert verification.passed, verification.diagnosis
    assert min(verification.exit_counts) > 0, "both exits must be taken"
