"""The weights in models/ are those that their training.json describes."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.outcome import logits_of
from fpga_ee.networks.catalogue import NETWORKS, make_network
from fpga_ee.training.evaluation import exit_accuracies
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_weights

MODELS = Path(__file__).parents[2] / "models"
FEW_IMAGES = 0.0003  # another processor may sum in another order and decide a close case otherwise


NAMES = sorted(path.name for path in MODELS.iterdir())
ON_DIGITS = [name for name in NAMES if make_network(name).data_set == "mnist"]
SPLITS = {
    "mnist": {"MNIST train": 50_000, "MNIST validation": 10_000},
    "cifar10": {
        "CIFAR-10 train (18,000 of 45,000 images)": 18_000,
        "CIFAR-10 validation (2,000 of 5,000 images)": 2_000,
    },
}
LAST_EXIT = {"TW_SmallCNN": 0.992, "B_Alexnet_cifar": 0.6, "B_Lenet_cifar": 0.5}
"""The least accuracy of the last exit on the test split; 0.989 where none is given."""


def report(name: str) -> dict[str, Any]:
    return dict(json.loads((MODELS / name / "training.json").read_text()))


TOO_LARGE = {"C_Alexnet_SVHN"}
UNTRAINED = {"ResNet8", "ResNet8_ee"}


def test_all_other_networks_have_weights_of_a_few_megabytes() -> None:
    assert set(NETWORKS) - set(NAMES) == TOO_LARGE | UNTRAINED
    for name in NAMES:
        assert (MODELS / name / "weights.safetensors").stat().st_size < 5_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ON_DIGITS)
def test_the_weights_reach_the_accuracy_that_was_reported(name: str, digits: LabelledImages) -> None:
    network = make_network(name)
    load_weights(network, MODELS / name / "weights.safetensors")
    logits = logits_of(network.eval(), torch.from_numpy(digits.inputs()))
    accuracies = exit_accuracies(logits, torch.from_numpy(digits.labels))
    assert accuracies == pytest.approx(report(name)["validation_accuracy"], abs=FEW_IMAGES)


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_are_those_whose_training_was_reported(name: str) -> None:
    weights = (MODELS / name / "weights.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == report(name)["weights_sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_fit_their_network(name: str) -> None:
    load_weights(make_network(name), MODELS / name / "weights.safetensors")


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_were_made_with_the_default_settings_or_an_earlier_end(name: str) -> None:
    settings = report(name)["settings"]
    assert settings["max_epochs"] in (TrainingSettings().max_epochs, report(name)["stopping_epoch"])
    assert settings | {"max_epochs": 60} == asdict(TrainingSettings())
    assert report(name)["splits"] == SPLITS[make_network(name).data_set]


@pytest.mark.parametrize("name", NAMES)
def test_the_test_split_was_measured(name: str) -> None:
    *early, last = report(name)["test_accuracy"]
    assert last >= LAST_EXIT.get(name, 0.989)
    if name.startswith("B_Lenet") and name in ON_DIGITS:
        assert early[0] >= 0.985
