"""A short training, for tests of training and of its checkpoint."""

from dataclasses import replace
from typing import Any

import numpy as np

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.settings import TrainingSettings

STRIPED = "helpers.small_networks:Striped"
SETTINGS = TrainingSettings(max_epochs=6, patience=6, batch_size=32, learning_rate=0.01, seed=3)
Splits = tuple[LabelledImages, LabelledImages]


def weights_of(network: EarlyExitNetwork) -> dict[str, Any]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


class InterruptionError(Exception):
    """Stands for any end of a process during a training."""


def overfitting(splits: Splits) -> Splits:
    """Make a few training images with wrong labels, so that learning them makes validation worse."""
    train_images, validation_images = splits
    wrong = train_images.head(64)
    return replace(wrong, labels=(wrong.labels + np.arange(64) % 3) % 3), validation_images
