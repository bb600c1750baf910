"""What several folders of tests need: small networks and small sets of images."""

import numpy as np
import pytest
from torch import nn

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork


class Striped(EarlyExitNetwork):
    """Two exits on 8 x 8 images, quick to train."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU()),
                nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(144, 8), nn.ReLU()),
            ],
            exits=[nn.Sequential(nn.Flatten(), nn.Linear(144, 3)), nn.Linear(8, 3)],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 8, 8),
        )


def stripes(name: str, count: int, seed: int) -> LabelledImages:
    """Noisy images with one bright row: high (label 0), in the middle (1) or low (2)."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, size=count)
    images = random.integers(0, 80, size=(count, 1, 8, 8), dtype=np.uint8)
    images[np.arange(count), 0, 1 + 2 * labels] += 150
    return LabelledImages(name, images, labels.astype(np.int64))


@pytest.fixture
def network() -> EarlyExitNetwork:
    return make_network("conftest:Striped")


@pytest.fixture(scope="session")
def train_images() -> LabelledImages:
    return stripes("stripes train", 200, seed=1)


@pytest.fixture(scope="session")
def validation_images() -> LabelledImages:
    return stripes("stripes validation", 100, seed=2)


@pytest.fixture(scope="session")
def digits() -> LabelledImages:
    """The embedded digits."""
    return load_mnist("validation")
