"""Runs exported files: ONNX Runtime computes all exits of many images, and decisions choose among them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from fpga_ee.artifacts import names
from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.artifacts.onnx_files import exported_bytes
from fpga_ee.errors import FpgaEeError

IMAGES_AT_A_TIME = 1000

Progress = Callable[[int], None]
"""Called with the number of images that were run since the last call."""


class Level(Enum):
    """Graph optimization level. No level may change a bit of the results."""

    DISABLE_ALL = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    ENABLE_ALL = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL


@dataclass(frozen=True)
class Model:
    """A model that ONNX Runtime has loaded, and its name in messages."""

    name: str
    session: onnxruntime.InferenceSession

    def run(self, outputs: list[str] | None, inputs: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Run the model once.

        Raises:
            FpgaEeError: ONNX Runtime cannot run it, for example because an input has another name or shape.
        """
        try:
            return list(self.session.run(outputs, inputs))
        except Exception as error:  # ONNX Runtime's exceptions share no narrower type
            raise FpgaEeError(f"ONNX Runtime cannot run {self.name}: {error}") from error


def load(model: Path | bytes, level: Level) -> Model:
    """Load a model to run on one processor core.

    Args:
        model: A file of an export, or the content of one.
        level: Graph optimization level.

    Raises:
        FpgaEeError: The file cannot be read, or ONNX Runtime refuses it.
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


@dataclass(frozen=True, eq=False)
class AllExits:
    """Answers of all exits to N images, and the exit that takes each image.

    Attributes:
        exit_indices: Index of the first exit whose decision takes the image, else of the last exit. int64
            [N].
        every_exit: Logits of every exit, each float32 [N, classes].
    """

    exit_indices: NDArray[np.int64]
    every_exit: tuple[NDArray[np.float32], ...]


def _no_progress(_images: int) -> None:
    """Report no progress."""


def run_all_exits(
    folder: Path,
    manifest: Manifest,
    images: NDArray[np.float32],
    level: Level = Level.ENABLE_ALL,
    progress: Progress = _no_progress,
) -> AllExits:
    """Run ``all_exits.onnx`` on images, and the decision files on its logits.

    Args:
        folder: ``build/<network>/``.
        manifest: Its manifest.
        images: At least one image, float32 [N, *input shape].
        level: Graph optimization level.
        progress: Called after every batch.

    Raises:
        FpgaEeError: A file cannot be read, or ONNX Runtime refuses it or cannot run it on the images.
    """
    network = load(folder / names.ALL_EXITS_FILE, level)
    decisions = [load(folder / stage.decision, level) for stage in manifest.stages if stage.decision]
    outputs = [names.logits(stage) for stage in range(len(manifest.stages))]
    exit_indices, every_exit = [], []
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        logits = network.run(outputs, {names.IMAGE: images[start : start + IMAGES_AT_A_TIME]})
        takes = [
            decision.run([names.take(stage)], {names.logits(stage): logits[stage]})[0]
            for stage, decision in enumerate(decisions)
        ]
        # argmax finds the first exit that takes the image; the last exit takes all that reach it.
        exit_indices.append(np.argmax([*takes, np.ones(len(logits[0]), dtype=bool)], axis=0))
        every_exit.append(logits)
        progress(len(logits[0]))
    of_exits = tuple(np.concatenate(batches) for batches in zip(*every_exit, strict=True))
    return AllExits(np.concatenate(exit_indices), of_exits)
