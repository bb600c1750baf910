"""How often each exit is right."""

import torch

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.networks.early_exit import EarlyExitNetwork

BATCH_SIZE = 500


def exit_accuracies(network: EarlyExitNetwork, images: LabelledImages) -> tuple[float, ...]:
    """Share of the images that each exit classifies right if all images took it, between 0 and 1."""
    was_training = network.training
    network.eval()
    correct = [0] * len(network.exits)
    with torch.inference_mode():
        for start in range(0, len(images), BATCH_SIZE):
            batch = images.at(range(start, min(start + BATCH_SIZE, len(images))))
            labels = torch.from_numpy(batch.labels)
            for index, logits in enumerate(network(torch.from_numpy(batch.inputs()))):
                correct[index] += int((logits.argmax(dim=1) == labels).sum())
    network.train(was_training)
    return tuple(count / len(images) for count in correct)
