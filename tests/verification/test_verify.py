"""The parts of a verification, on a handful of images."""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
import torch
from helpers.deploying import load, vouch_for
from helpers.exported import RULES, Exported
from helpers.onnx_graphs import change_constant
from helpers.small_networks import Striped
from numpy.typing import NDArray
from torch import Tensor

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.artifacts.running import Progress
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.verification.deployment import Deployment
from fpga_ee.verification.verify import Verification, verify

IMAGES = 9
LEVELS = ("DISABLE_ALL", "ENABLE_ALL")
ONE_BY_ONE = ("all_exits.onnx", "split files", "Deployed.onnx")
LABELS = np.array([0] * 4 + [1] * 5)
BATCHES = tuple(f"Deployed.batch.onnx, by {size}" for size in (1, 7, 64, 256))


@pytest.fixture(scope="module")
def few(validation_images: LabelledImages) -> NDArray[np.float32]:
    """Images that leave at different exits."""
    return validation_images.head(IMAGES).inputs()


@pytest.fixture(scope="module")
def told() -> Counter[str]:
    """How many images each run has reported."""
    return Counter()


def deployment_in(folder: Path, exported: Exported) -> Deployment:
    tests = tuple(integer_decisions(RULES, exported.quantized.formats.logits))
    network = exported.quantized.network
    return Deployment(folder, load_manifest(folder), network, exported.network, RULES, tests)


def verified(deployment: Deployment, images: NDArray[np.float32], told: Counter[str]) -> Verification:
    def start(name: str, count: int) -> Progress:
        assert count == IMAGES
        return lambda images: told.update({name: images})

    return verify(deployment, images, LABELS, start)


@pytest.fixture(scope="module")
def right(exported: Exported, few: NDArray[np.float32], told: Counter[str]) -> Verification:
    return verified(deployment_in(exported.folder, exported), few, told)


def test_every_run_is_told_by_its_name_and_reports_each_image_once(
    right: Verification, told: Counter[str]
) -> None:
    of_onnx_runtime = [f"{name}, {level}" for level in LEVELS for name in ONE_BY_ONE + BATCHES]
    names = ["PyTorch, all exits", "PyTorch, early exit", *of_onnx_runtime]
    assert told == dict.fromkeys(names, IMAGES)
    runs = [(run.name, run.level) for run in right.runs]
    assert runs == [
        ("PyTorch, early exit", None),
        *((name, level) for level in LEVELS for name in ONE_BY_ONE + BATCHES),
    ]


def test_exits_labels_and_accuracies_are_those_of_the_network(
    right: Verification, exported: Exported, few: NDArray[np.float32]
) -> None:
    assert (right.exact, right.passed, right.images) == (True, True, IMAGES)
    assert right.exit_counts == (1, 5, 3)
    assert right.outcome.exit_rates == (1 / 9, 5 / 9, 3 / 9)
    assert right.outcome.accuracy == right.correct / IMAGES
    for network, outcome in (
        (exported.quantized.network, right.outcome),
        (exported.network, right.float_outcome),
    ):
        with torch.inference_mode():
            labels = [logits.argmax(1).numpy() for logits in network(torch.from_numpy(few))]
        assert outcome.exit_accuracies == tuple((each == LABELS).mean() for each in labels)
    assert right.outcome != right.float_outcome


def damaged(
    exported: Exported,
    images: NDArray[np.float32],
    folder: Path,
    place: tuple[str, str],
    change: Callable[[NDArray[np.generic]], NDArray[np.generic]],
) -> Verification:
    """Verify a copy with a constant of a file changed."""
    copy = folder / "changed"
    shutil.copytree(exported.folder, copy)
    change_constant(copy / place[0], place[1], change)
    vouch_for(copy)
    return verified(deployment_in(copy, exported), images, Counter())


def test_a_changed_file_is_told_by_run_image_exit_and_tensor(
    exported: Exported, few: NDArray[np.float32], tmp_path: Path
) -> None:
    place = "backbone_0.onnx", "backbone.0.layer.0.weight"
    found = damaged(exported, few, tmp_path, place, lambda values: values // 2 - 3)
    assert not found.passed
    assert found.diagnosis == (
        "split files at DISABLE_ALL differs from PyTorch on 9 of 9 images; the first is image 0, which "
        "leaves at exit 2 in PyTorch; the first tensor that differs is "
        "backbone.0.layer.0.max_pool.clip.quantized in backbone_0.onnx"
    )


def test_a_tensor_of_a_batched_model_is_found_where_samples_are_gathered(
    exported: Exported, few: NDArray[np.float32], tmp_path: Path
) -> None:
    place = "Deployed.batch.onnx", "backbone.1.weight"
    found = damaged(exported, few, tmp_path, place, lambda values: values // 2 - 3)
    assert found.diagnosis == (
        "Deployed.batch.onnx, by 1 at DISABLE_ALL differs from PyTorch on 8 of 9 images; the first is "
        "image 0, which leaves at exit 2 in PyTorch; the first tensor that differs is "
        "backbone.1.clip.quantized in Deployed.batch.onnx"
    )


def test_logits_of_fixed_point_that_lie_apart_by_a_little_are_wrong(
    exported: Exported, few: NDArray[np.float32], tmp_path: Path
) -> None:
    """The samples that reach the last exit leave there all the same."""
    place = "exit_2.onnx", "exits.2.bias"
    found = damaged(exported, few, tmp_path, place, lambda values: values + 40)
    assert (found.apart, found.strays) == (found.exit_counts[2], 0)
    assert max(run.difference.largest or 0 for run in found.runs) == 0.625


def test_no_run_takes_longer_than_all_of_them(exported: Exported, few: NDArray[np.float32]) -> None:
    start = perf_counter()
    found = verified(deployment_in(exported.folder, exported), few, Counter())
    elapsed = perf_counter() - start
    assert all(
        0 < seconds < elapsed for seconds in (found.reference_seconds, *(run.seconds for run in found.runs))
    )


@pytest.mark.parametrize("wrong", [{"diagnosis": "it differs"}, {"strays": 1}, {"apart": 1}])
def test_nothing_may_be_wrong(right: Verification, wrong: dict[str, object]) -> None:
    assert not replace(right, **wrong).passed


@pytest.fixture(scope="module")
def rounded(float_export: Path, few: NDArray[np.float32]) -> Verification:
    return verified(load(Striped(), float_export), few, Counter())


def test_of_float_no_bits_are_compared_and_the_network_is_its_own_float_one(rounded: Verification) -> None:
    assert (rounded.exact, rounded.diagnosis) == (False, None)
    assert rounded.outcome == rounded.float_outcome
    assert sum(rounded.exit_counts) == IMAGES


def test_of_float_a_changed_file_lies_apart_and_has_no_diagnosis(
    float_export: Path, few: NDArray[np.float32], tmp_path: Path
) -> None:
    copy = tmp_path / "changed"
    shutil.copytree(float_export, copy)
    change_constant(copy / "exit_1.onnx", "exits.1.bias", lambda values: values + 100)
    vouch_for(copy)
    found = verified(load(Striped(), copy), few, Counter())
    assert (found.apart, found.diagnosis, found.passed) == (found.exit_counts[1], None, False)
    assert found.apart > 0


def test_the_first_image_that_differs_is_looked_into(
    exported: Exported, few: NDArray[np.float32], tmp_path: Path
) -> None:
    """Logits that are all larger by the same change no decision."""
    place = "exit_0.onnx", "exits.0.1.bias"
    found = damaged(exported, few, tmp_path, place, lambda values: values + 40)
    assert found.diagnosis is not None
    assert "on 1 of 9 images; the first is image 1, which leaves at exit 0" in found.diagnosis
    assert found.diagnosis.endswith("is exits.0.1.quantized in exit_0.onnx")


def test_a_batched_model_that_joins_wrongly_has_no_tensor_that_differs(
    exported: Exported, few: NDArray[np.float32], tmp_path: Path
) -> None:
    place = "Deployed.batch.onnx", "exit_0.index"
    found = damaged(exported, few, tmp_path, place, lambda values: values + 7)
    assert (found.strays, found.apart) == (1, 0)
    assert found.diagnosis is not None
    assert "which leaves at exit 0 in PyTorch" in found.diagnosis
    assert found.diagnosis.endswith("in fused kernels or in how the branches are joined")


def test_a_decision_that_depends_on_the_batch_is_told_as_a_difference_of_pytorch(
    exported: Exported, few: NDArray[np.float32]
) -> None:
    def alone(logits: Tensor) -> Tensor:
        return torch.full((len(logits),), len(logits) == 1)

    found = verified(
        replace(deployment_in(exported.folder, exported), exit_tests=(alone, alone)), few, Counter()
    )
    assert found.diagnosis is not None
    assert found.diagnosis.startswith("PyTorch, early exit differs from PyTorch on 9 of 9 images")
    assert found.diagnosis.endswith("take_0 in decision_0.onnx")
