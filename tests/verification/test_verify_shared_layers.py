"""An exit and the next stage may begin with the same layer: each gets its own, and the proof holds.

The exporter computes what both have in common once. ONNX Runtime 1.32 does not survive such a tensor: where
it is read outside and inside a branch, its optimizer ends the whole process.
"""

from pathlib import Path

import onnx
import pytest
import torch
from helpers.deploying import deploy, verified
from helpers.onnx_graphs import all_graphs
from torch import nn

from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.measures import measure
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.early_exit import EarlyExitNetwork

BEGINNINGS = {
    "flatten": nn.Flatten,
    "pooling": lambda: nn.MaxPool2d(2, stride=1),
    "pooling and ReLU": lambda: nn.Sequential(nn.MaxPool2d(2), nn.ReLU()),
}


def network(beginning: str, *, alone: bool) -> EarlyExitNetwork:
    """Exit 0 and stage 1 begin alike; ``alone``: stage 1 is nothing but that."""
    torch.manual_seed(0)
    begin = BEGINNINGS[beginning]
    rest = [] if alone else [nn.Flatten(), nn.LazyLinear(6), nn.ReLU()]
    made = EarlyExitNetwork(
        backbone=[
            nn.Sequential(nn.Conv2d(1, 3, kernel_size=3), nn.ReLU()),
            nn.Sequential(begin(), *rest),
        ],
        exits=[
            nn.Sequential(begin(), nn.Flatten(), nn.LazyLinear(4)),
            nn.Sequential(nn.Flatten(), nn.LazyLinear(4)),
        ],
        exit_loss_weights=[1.0, 1.0],
        input_shape=(1, 7, 6),
    ).eval()
    made(torch.zeros(1, *made.input_shape))  # the lazy layers take their shapes
    return made


@pytest.mark.slow
@pytest.mark.parametrize("alone", [False, True], ids=["and more", "alone"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_it_is_exact(beginning: str, alone: bool, tmp_path: Path) -> None:
    subject = network(beginning, alone=alone)
    images = (torch.randint(0, 256, (40, 1, 7, 6)) / 256).numpy()
    measured = measure(TOP1, logits_of(subject, torch.from_numpy(images))[0].double())
    deployment = deploy(subject, [ExitRule(TOP1, float(measured.median()))], images, tmp_path)
    assert_only_feature_maps_and_logits_are_read_from_outside(tmp_path / "Deployed.onnx", set())
    joining = {"take_0", "exit_0.indices"}
    assert_only_feature_maps_and_logits_are_read_from_outside(tmp_path / "Deployed.batch.onnx", joining)

    verification = verified(deployment, images)

    assert verification.passed, verification.diagnosis
    assert min(verification.exit_counts) > 0


def assert_only_feature_maps_and_logits_are_read_from_outside(path: Path, joining: set[str]) -> None:
    outer, *branches = all_graphs(onnx.load(path).graph)
    computed_outside = {name for node in outer.node for name in node.output}
    for branch in branches:
        read = {name for node in branch.node for name in node.input}
        assert read & computed_outside <= {"feature_map_0", "logits_0"} | joining


@pytest.mark.slow
def test_layers_of_equal_weights_keep_parameters_of_their_own(tmp_path: Path) -> None:
    subject = EarlyExitNetwork(
        backbone=[nn.Conv2d(1, 1, kernel_size=1) for _ in range(3)],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(6, 2)) for _ in range(3)],
        exit_loss_weights=[1.0] * 3,
        input_shape=(1, 2, 3),
    )
    for parameter in subject.parameters():
        nn.init.constant_(parameter, 0.25)
    rules = [ExitRule(TOP1, 0.9)] * 2
    images = (torch.randint(0, 256, (20, 1, 2, 3)) / 256).numpy()

    deployment = deploy(subject, rules, images, tmp_path)

    graph = onnx.load(tmp_path / "all_exits.onnx").graph
    assert set(subject.state_dict()) <= {constant.name for constant in graph.initializer}
    assert verified(deployment, images).passed


ENDS = {
    "flatten": [nn.Flatten()],
    "mean": [nn.AdaptiveAvgPool2d(1), nn.Flatten()],
    "unflatten": [nn.Flatten(), nn.Dropout(), nn.Unflatten(1, (3, -1, 1))],
    "pooling behind unflatten": [nn.Flatten(), nn.Unflatten(1, (3, -1, 1)), nn.MaxPool2d((2, 1))],
}


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_a_stage_may_end_with_what_changes_no_value(end: str, tmp_path: Path) -> None:
    """ONNX Runtime 1.32 ended the process over an unsigned feature map that a reshape gave."""
    torch.manual_seed(0)
    subject = EarlyExitNetwork(
        backbone=[
            nn.Sequential(nn.Conv2d(1, 3, kernel_size=3), nn.ReLU(), *ENDS[end]),
            nn.Sequential(nn.Flatten(), nn.LazyLinear(6), nn.ReLU()),
        ],
        exits=[nn.Sequential(nn.Flatten(), nn.LazyLinear(4)) for _ in range(2)],
        exit_loss_weights=[1.0, 1.0],
        input_shape=(1, 8, 6),
    ).eval()
    subject(torch.zeros(1, *subject.input_shape))  # the lazy layers take their shapes
    images = (torch.randint(0, 256, (40, 1, 8, 6)) / 256).numpy()
    measured = measure(TOP1, logits_of(subject, torch.from_numpy(images))[0].double())

    deployment = deploy(subject, [ExitRule(TOP1, float(measured.median()))], images, tmp_path)
    verification = verified(deployment, images)

    assert verification.passed, verification.diagnosis
    assert min(verification.exit_counts) > 0
