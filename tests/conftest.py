"""What several folders of tests need: a small network and small sets of images."""

import pytest
from small_networks import stripes

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork


@pytest.fixture
def network() -> EarlyExitNetwork:
    return make_network("small_networks:Striped")


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
