"""The weights in models/ are what their training.json says, made with the default settings."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.outcome import logits_of
from fpga_ee.networks.catalogue import make_network
from fpga_ee.training.evaluation import exit_accuracies
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_weights

MODELS = Path(__file__).parents[2] / "models"
FEW_IMAGES = 0.0003  # another processor may sum in another order and decide a close case otherwise


@pytest.fixture(params=sorted(path.name for path in MODELS.iterdir()))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.slow
def test_the_weights_reach_the_accuracy_that_was_reported(name: str, digits: LabelledImages) -> None:
    report = json.loads((MODELS / name / "training.json").read_text())
    network = make_network(name)
    load_weights(network, MODELS / name / "weights.safetensors")
    logits = logits_of(network.eval(), torch.from_numpy(digits.inputs()))
    accuracies = exit_accuracies(logits, torch.from_numpy(digits.labels))
    assert accuracies == pytest.approx(report["validation_accuracy"], abs=FEW_IMAGES)


def test_the_weights_were_made_with_the_default_settings(name: str) -> None:
    report = json.loads((MODELS / name / "training.json").read_text())
    assert report["settings"] == asdict(TrainingSettings())
    assert report["splits"] == {"MNIST train": 50_000, "MNIST validation": 10_000}


def test_the_test_split_was_measured(name: str) -> None:
    early, last = json.loads((MODELS / name / "training.json").read_text())["test_accuracy"]
    assert early >= 0.985
    assert last >= 0.989
