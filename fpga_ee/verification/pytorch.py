"""The two ways through PyTorch: all exits of many images, and one image up to its exit."""

from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray

from fpga_ee.artifacts.running import Progress
from fpga_ee.exits.outcome import exit_indices, logits_of
from fpga_ee.verification.answers import Answers, answers_of_exits
from fpga_ee.verification.deployment import Deployment

BATCH = 500


def batched(deployment: Deployment, images: NDArray[np.float32], progress: Progress) -> Answers:
    """Run all exits on many images at a time, and the decisions on their logits."""
    batches = []
    with torch.inference_mode():
        for batch in torch.split(torch.from_numpy(images), BATCH):
            batches.append(deployment.network(batch))
            progress(len(batch))
    every_exit = [torch.cat(of_exit) for of_exit in zip(*batches, strict=True)]
    indices = exit_indices(every_exit, deployment.exit_tests)
    return answers_of_exits([logits.numpy() for logits in every_exit], indices.numpy())


def one_by_one(deployment: Deployment, images: NDArray[np.float32], progress: Progress) -> Answers:
    """Run early-exit inference on one image after another; each really stops at its exit."""
    inferences = []
    for image in torch.split(torch.from_numpy(images), 1):
        inferences.append(deployment.network.infer(image, deployment.exit_tests))
        progress(1)
    return Answers(
        logits=torch.cat([inference.logits for inference in inferences]).numpy(),
        exit_indices=np.array([inference.exit_index for inference in inferences]),
        labels=np.array([inference.label for inference in inferences]),
    )


def rounding_error(deployment: Deployment, images: NDArray[np.float32], answers: Answers) -> float:
    """Find the largest error of any logit of ``batched`` through rounding to float32 instead of float64.

    Raises:
        ValueError: The answers do not hold the logits of every exit.
    """
    if answers.every_exit is None:
        raise ValueError("the rounding error needs the logits of every exit")
    exact = logits_of(deepcopy(deployment.network).double(), torch.from_numpy(images).double())
    return max(
        float(np.abs(rounded - of_exit.numpy()).max(initial=0))
        for rounded, of_exit in zip(answers.every_exit, exact, strict=True)
    )
