"""The ways through ONNX Runtime: all exits in batches, the split files, the two conditional models."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts import names
from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.artifacts.running import Level, Progress, load, run_all_exits
from fpga_ee.verification.answers import Answers, answers_of_exits


def batched(
    folder: Path, manifest: Manifest, level: Level, images: NDArray[np.float32], progress: Progress
) -> Answers:
    """Run ``all_exits.onnx`` on many images at a time, and the decision files on its logits."""
    found = run_all_exits(folder, manifest, images, level, progress)
    return answers_of_exits(found.every_exit, found.exit_indices)


def chain(
    folder: Path, manifest: Manifest, level: Level, images: NDArray[np.float32], progress: Progress
) -> Answers:
    """Run one image after another through the split files, up to the first decision that takes its exit."""
    stages = [_StageModels(folder, manifest, stage, level) for stage in range(len(manifest.stages))]
    results = []
    for image in images:
        tensor = image[None]
        for index, stage in enumerate(stages):
            tensor = stage.backbone.run(None, {names.stage_input(index): tensor})[0]
            logits = stage.exit.run(None, {names.feature_map(index): tensor})[0]
            if stage.decision is None or stage.decision.run(None, {names.logits(index): logits})[0][0]:
                break
        results.append((logits, index, logits.argmax()))
        progress(1)
    return Answers(
        logits=np.concatenate([logits for logits, _, _ in results]),
        exit_indices=np.array([index for _, index, _ in results]),
        labels=np.array([label for _, _, label in results]),
    )


class _StageModels:
    """The loaded files of one stage."""

    def __init__(self, folder: Path, manifest: Manifest, stage: int, level: Level) -> None:
        record = manifest.stages[stage]
        self.backbone = load(folder / record.backbone, level)
        self.exit = load(folder / record.exit, level)
        self.decision = None if record.decision is None else load(folder / record.decision, level)


def conditional(
    file: Path, size: int, level: Level, images: NDArray[np.float32], progress: Progress
) -> Answers:
    """Run a conditional model on ``size`` images at a time; the last batch may be smaller."""
    model = load(file, level)
    outputs = [names.LOGITS, names.EXIT_INDEX, names.LABEL]
    results = []
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        results.append(model.run(outputs, {names.IMAGE: batch}))
        progress(len(batch))
    logits, exit_indices, labels = (np.concatenate(output) for output in zip(*results, strict=True))
    return Answers(logits, exit_indices, labels)
