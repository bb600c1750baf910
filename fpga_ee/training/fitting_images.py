"""Checks that a network can be trained or evaluated with images."""

import torch

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork


def check_fits(network: EarlyExitNetwork, images: LabelledImages) -> None:
    """Check that images and labels fit a network, which is in evaluation mode.

    Raises:
        FpgaEeError: There are no images, they have another shape, or a label is not one of the network's.
    """
    if len(images) == 0:
        raise FpgaEeError(f"{images.name} holds no images")
    if images.images.shape[1:] != tuple(network.input_shape):
        raise FpgaEeError(
            f"the network takes images {list(network.input_shape)}, "
            f"but those of {images.name} are {list(images.images.shape[1:])}; "
            "--dataset names another data set"
        )
    with torch.inference_mode():
        classes = network(torch.zeros(1, *network.input_shape))[-1].shape[1]
    if not 0 <= images.labels.min() <= images.labels.max() < classes:
        raise FpgaEeError(
            f"the network tells {classes} classes apart, "
            f"but the labels of {images.name} go from {images.labels.min()} to {images.labels.max()}"
        )
