"""The verify step: runs every image through every runtime, and compares all answers with PyTorch's."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.artifacts.names import ALL_EXITS_FILE
from fpga_ee.artifacts.running import Level, Progress
from fpga_ee.exits.outcome import Outcome, logits_of, outcome
from fpga_ee.quantization.degradation import fixed_point_warnings
from fpga_ee.verification import onnx_runtime, pytorch
from fpga_ee.verification.answers import Answers, Difference, compare, farther_apart
from fpga_ee.verification.deployment import Deployment, formats_of
from fpga_ee.verification.diagnosis import first_difference
from fpga_ee.verification.uncertainty import uncertain_images, uncertain_labels

ROUNDINGS = 8
"""Largest distance of two runtimes' logits, in multiples of PyTorch's own rounding error.

The largest difference that was seen is no bound, because a wrong file would excuse itself with it.
"""

BATCH_SIZES = (1, 7, 64, 256)
"""Batch sizes of the batched model; each size may lead to other kernels."""

StartProgress = Callable[[str, int], Progress]
"""Called with the name of each run and its number of images; returns the run's progress function."""


@dataclass(frozen=True)
class ComparedRun:
    """One way through a runtime, compared with the reference.

    Attributes:
        name: Name of the way.
        level: Name of the optimization level; None for PyTorch.
        difference: Difference from the reference.
        seconds: Duration, while other runs ran beside it.
    """

    name: str
    level: str | None
    difference: Difference
    seconds: float


@dataclass(frozen=True)
class Verification:
    """The result of a verification. The reference is the PyTorch network with all exits.

    Attributes:
        exact: True where every bit had to be equal (fixed point).
        images: Number of verified images.
        exit_counts: Number of images that left at each exit, by the reference.
        correct: Number of right labels, by the reference.
        outcome: The exit rates, the accuracy, and the accuracy of every exit, by the reference.
        float_outcome: Outcome of the float network's ``forward`` on the same images, by its float rules.
        warnings: Facts that a user must know.
        reference_seconds: Duration of the reference.
        runs: All other runs.
        uncertain: Number of images whose confidence lies so near a threshold that rounding may change their
            exit; they need not take the same one. Only in float.
        uncertain_labels: Number of images with an exit whose two largest logits lie so near each other that
            rounding may change its label. Only in float.
        strays: Number of images that left at another exit in any run, without the uncertain ones.
        apart: Number of images whose logits differ from the reference's, in any run, by more than rounding.
        diagnosis: For a failed exact verification: the first image, exit and tensor that differ.
        remarks: Facts that were not verified.
    """

    exact: bool
    images: int
    exit_counts: tuple[int, ...]
    correct: int
    outcome: Outcome
    float_outcome: Outcome
    warnings: tuple[str, ...]
    reference_seconds: float
    runs: tuple[ComparedRun, ...]
    uncertain: int
    uncertain_labels: int
    strays: int
    apart: int
    diagnosis: str | None
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """True if no bit differs. In float, logits may differ by rounding, and so may uncertain exits."""
        return self.diagnosis is None and self.strays == 0 and self.apart == 0


@dataclass(frozen=True)
class _Way:
    name: str
    files: tuple[str, ...]
    level: Level | None
    answer: Callable[[Progress], Answers]


def verify(
    deployment: Deployment,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    start_progress: StartProgress,
) -> Verification:
    """Verify the exported files against their network.

    Args:
        deployment: Files and network.
        images: float32 [N, *input_shape].
        labels: int64 [N], only to count how many answers are right.
        start_progress: Called for every run.

    Raises:
        FpgaEeError: ONNX Runtime refuses a file.
    """
    ways = list(_ways(deployment, images))
    (reference, reference_seconds), *others = _answer_all(ways, len(images), start_progress)
    runs = tuple(
        ComparedRun(way.name, way.level and way.level.name, compare(answers, reference), seconds)
        for way, (answers, seconds) in zip(ways[1:], others, strict=True)
    )
    error, uncertain, unlabelled = 0.0, np.zeros(len(images), dtype=bool), 0
    if not deployment.exact:
        error = ROUNDINGS * pytorch.rounding_error(deployment, images, reference)
        uncertain = uncertain_images(reference, deployment.rules, error)
        unlabelled = int(uncertain_labels(reference, error).sum())
    apart = np.any([farther_apart(answers, reference, error) for answers, _ in others], axis=0)
    strayed = np.any([answers.exit_indices != reference.exit_indices for answers, _ in others], axis=0)
    own, by_float = _outcomes(deployment, images, labels, reference)
    return Verification(
        exact=deployment.exact,
        images=len(images),
        exit_counts=tuple(
            np.bincount(reference.exit_indices, minlength=len(deployment.manifest.stages)).tolist()
        ),
        correct=int((reference.labels == labels).sum()),
        outcome=own,
        float_outcome=by_float,
        warnings=_warnings(deployment, by_float, own),
        reference_seconds=reference_seconds,
        runs=runs,
        uncertain=int(uncertain.sum()),
        uncertain_labels=unlabelled,
        strays=int((strayed & ~uncertain).sum()),
        apart=int(apart.sum()),
        diagnosis=_diagnose(deployment, images, ways, runs, reference) if deployment.exact else None,
    )


def _outcomes(
    deployment: Deployment, images: NDArray[np.float32], labels: NDArray[np.int64], reference: Answers
) -> tuple[Outcome, Outcome]:
    """Compute the outcomes of the reference and of the float network's own ``forward``."""
    if reference.every_exit is None:
        raise ValueError("the reference must hold the logits of every exit")
    right = torch.from_numpy(labels)
    logits = [torch.from_numpy(of_exit) for of_exit in reference.every_exit]
    own = outcome(logits, deployment.exit_tests, right)
    if not deployment.exact:
        return own, own
    by_float = logits_of(deployment.float_network, torch.from_numpy(images))
    return own, outcome(by_float, deployment.rules, right)


def _warnings(deployment: Deployment, by_float: Outcome, own: Outcome) -> tuple[str, ...]:
    if not deployment.exact:
        return unused_exits(own.exit_rates)
    return fixed_point_warnings(by_float, own, deployment.network, formats_of(deployment.manifest))


def _ways(deployment: Deployment, images: NDArray[np.float32]) -> Iterator[_Way]:
    """List all ways to the answers; the first is the reference."""
    folder, manifest = deployment.folder, deployment.manifest
    decisions = tuple(stage.decision for stage in manifest.stages if stage.decision is not None)
    split = tuple(file for stage in manifest.stages for file in (stage.backbone, stage.exit)) + decisions
    yield _Way("PyTorch, all exits", split, None, partial(pytorch.batched, deployment, images))
    yield _Way("PyTorch, early exit", split, None, partial(pytorch.one_by_one, deployment, images))
    for level in Level:
        for name, files, answer in (
            (ALL_EXITS_FILE, (ALL_EXITS_FILE, *decisions), onnx_runtime.batched),
            ("split files", split, onnx_runtime.chain),
        ):
            yield _Way(name, files, level, partial(answer, folder, manifest, level, images))
        for name, file, size in (
            (manifest.conditional, manifest.conditional, 1),
            *((f"{manifest.batch}, by {size}", manifest.batch, size) for size in BATCH_SIZES),
        ):
            answer_in_batches = partial(onnx_runtime.conditional, folder / file, size, level, images)
            yield _Way(name, (file,), level, answer_in_batches)


def _answer_all(ways: list[_Way], images: int, start_progress: StartProgress) -> list[tuple[Answers, float]]:
    """Take all ways, as many at a time as there are processor cores. Each uses one core."""

    def timed(way: _Way) -> tuple[Answers, float]:
        title = way.name if way.level is None else f"{way.name}, {way.level.name}"
        progress = start_progress(title, images)
        start = perf_counter()
        return way.answer(progress), perf_counter() - start

    with _one_torch_thread(), ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(timed, ways))


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Limit PyTorch to one thread, because for a small image more threads cost more time than they save."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _diagnose(
    deployment: Deployment,
    images: NDArray[np.float32],
    ways: list[_Way],
    runs: tuple[ComparedRun, ...],
    reference: Answers,
) -> str | None:
    """Say where the first differing image of the first differing run begins to differ."""
    for way, run in zip(ways[1:], runs, strict=True):
        if run.difference.images:
            image = run.difference.images[0]
            level = way.level or Level.DISABLE_ALL
            tensor = first_difference(deployment, way.files, images[image : image + 1], level)
            where = way.name if way.level is None else f"{way.name} at {way.level.name}"
            return (
                f"{where} differs from PyTorch on {len(run.difference.images)} of {len(images)} images; the "
                f"first is image {image}, which leaves at exit {reference.exit_indices[image]} in PyTorch; "
                f"the first tensor that differs is {tensor}"
            )
    return None
