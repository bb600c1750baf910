"""The answers that an accelerator must give: ONNX Runtime's answers, from the exported files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.artifacts.running import run_all_exits
from fpga_ee.errors import FpgaEeError


@dataclass(frozen=True, eq=False)
class Expected:
    """Answers to images, in the images' order.

    Attributes:
        exits: Index of the exit where each image leaves, [N].
        logits: Logits of that exit as integers, [N, classes].
        labels: Label of each image, [N].
    """

    exits: NDArray[np.int64]
    logits: NDArray[np.int64]
    labels: NDArray[np.int64]


def expected(build: Path, manifest: Manifest, codes: NDArray[np.integer]) -> Expected:
    """Run an export over images.

    Args:
        build: ``build/<network>/``.
        manifest: Its manifest.
        codes: Images as integers, [N, rows, cols, channels].

    Raises:
        FpgaEeError: The export cannot be read, is in float, or its input has another shape.
    """
    formats = [stage.logits.format for stage in manifest.stages]
    if manifest.input.format is None or any(format_ is None for format_ in formats):
        raise FpgaEeError(f"{build} is a float export: hardware needs a fixed-point one")
    images = np.moveaxis(codes, -1, 1).astype(np.float32) * np.float32(manifest.input.format.scale)
    if images.shape[1:] != manifest.input.shape:
        raise FpgaEeError(f"{build} takes images of {manifest.input.shape}, not {images.shape[1:]}")
    found = run_all_exits(build, manifest, images)
    integers = np.stack(
        [logits / format_.scale for logits, format_ in zip(found.every_exit, formats, strict=True) if format_]
    )
    answers = integers[found.exit_indices, np.arange(len(images))].astype(np.int64)
    return Expected(found.exit_indices, answers, answers.argmax(axis=1))
