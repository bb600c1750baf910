"""The ways through ONNX Runtime: all exits in batches, the split files, the two conditional models."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fpga_ee.artifacts import names
from fpga_ee.artifacts.manifest import Manifest, StageRecord
from fpga_ee.artifacts.onnx_files import exported_bytes
from fpga_ee.errors import FpgaEeError
from fpga_ee.verification.answers import Answers, answers_of_exits
from fpga_ee.verification.pytorch import BATCH, Progress


class Level(Enum):
    """Graph optimization level; what a runtime may rewrite must not change a bit."""

    DISABLE_ALL = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    ENABLE_ALL = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL


@dataclass(frozen=True)
class Model:
    """A model that ONNX Runtime has loaded, and what to call it in messages."""

    name: str
    session: onnxruntime.InferenceSession

    def run(self, outputs: list[str] | None, inputs: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Run once.

        Raises:
            FpgaEeError: ONNX Runtime cannot, for one because an input has another name or shape.
        """
        try:
            return list(self.session.run(outputs, inputs))
        except Exception as error:  # ONNX Runtime's exceptions share no narrower type
            raise FpgaEeError(f"ONNX Runtime cannot run {self.name}: {error}") from error


def load(model: Path | bytes, level: Level) -> Model:
    """Load a model to run on one processor core.

    Args:
        model: A file of an export, or what is in one.
        level: Graph optimization level.

    Raises:
        FpgaEeError: The file cannot be read, or ONNX Runtime does not take it.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level.value
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    name, content = "the model", model
    if isinstance(model, Path):
        name, content = str(model), exported_bytes(model.parent, model.name)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise FpgaEeError(f"ONNX Runtime refuses {name} at {level.name}: {error}") from error
    return Model(name, session)


def batched(
    folder: Path, manifest: Manifest, level: Level, images: NDArray[np.float32], progress: Progress
) -> Answers:
    """All exits of many images at a time from ``all_exits.onnx``, and the decision files on them."""
    model = load(folder / names.ALL_EXITS_FILE, level)
    outputs = [names.logits(stage) for stage in range(len(manifest.stages))]
    batches = []
    for start in range(0, len(images), BATCH):
        batches.append(model.run(outputs, {names.IMAGE: images[start : start + BATCH]}))
        progress(len(batches[-1][0]))
    every_exit = [np.concatenate(of_exit) for of_exit in zip(*batches, strict=True)]
    takes = [
        _takes(folder, record, stage, level, logits)
        for stage, (record, logits) in enumerate(zip(manifest.stages, every_exit, strict=True))
    ]
    return answers_of_exits(every_exit, np.stack(takes).argmax(axis=0))


def _takes(
    folder: Path, record: StageRecord, stage: int, level: Level, logits: NDArray[np.float32]
) -> NDArray[np.bool_]:
    if record.decision is None:
        return np.ones(len(logits), dtype=bool)
    decision = load(folder / record.decision, level)
    takes: NDArray[np.bool_] = decision.run([names.take(stage)], {names.logits(stage): logits})[0]
    return takes


def chain(
    folder: Path, manifest: Manifest, level: Level, images: NDArray[np.float32], progress: Progress
) -> Answers:
    """One image after another through the split files, up to the first decision that takes its exit."""
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
    """The files of one stage, loaded."""

    def __init__(self, folder: Path, manifest: Manifest, stage: int, level: Level) -> None:
        record = manifest.stages[stage]
        self.backbone = load(folder / record.backbone, level)
        self.exit = load(folder / record.exit, level)
        self.decision = None if record.decision is None else load(folder / record.decision, level)


def conditional(
    file: Path, size: int, level: Level, images: NDArray[np.float32], progress: Progress
) -> Answers:
    """So many images at a time through a conditional model; the last ones may be fewer."""
    model = load(file, level)
    outputs = [names.LOGITS, names.EXIT_INDEX, names.LABEL]
    results = []
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        results.append(model.run(outputs, {names.IMAGE: batch}))
        progress(len(batch))
    logits, exit_indices, labels = (np.concatenate(output) for output in zip(*results, strict=True))
    return Answers(logits, exit_indices, labels)
