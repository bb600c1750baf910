"""What an accelerator must answer: ONNX Runtime on the exported files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.artifacts.names import ALL_EXITS_FILE, IMAGE, logits
from fpga_ee.artifacts.sessions import session
from fpga_ee.errors import FpgaEeError

BATCH = 1000


@dataclass(frozen=True, eq=False)
class Expected:
    """Answers to images, in their order.

    Attributes:
        exits: Index of the exit that each image leaves at, [N].
        logits: Logits of that exit as integers, [N, classes].
        labels: Label of each image, [N].
    """

    exits: NDArray[np.int64]
    logits: NDArray[np.int64]
    labels: NDArray[np.int64]


def expected(build: Path, codes: NDArray[np.integer]) -> Expected:
    """Run an export over images.

    Args:
        build: ``build/<network>/``.
        codes: Images as integers, [N, rows, cols, channels].

    Raises:
        FpgaEeError: The export cannot be read, is in float, or its input has another shape.
    """
    manifest = load_manifest(build)
    formats = [stage.logits.format for stage in manifest.stages]
    if manifest.input.format is None or any(format_ is None for format_ in formats):
        raise FpgaEeError(f"{build} is a float export: hardware needs a fixed-point one")
    images = np.moveaxis(codes, -1, 1).astype(np.float32) * np.float32(manifest.input.format.scale)
    if images.shape[1:] != manifest.input.shape:
        raise FpgaEeError(f"{build} takes images of {manifest.input.shape}, not {images.shape[1:]}")
    network = session(build, ALL_EXITS_FILE)
    decisions = [session(build, stage.decision) for stage in manifest.stages if stage.decision]
    exits, chosen = [], []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        outputs = network.run([logits(stage) for stage in range(len(formats))], {IMAGE: batch})
        takes = [judge.run(None, {logits(stage): outputs[stage]})[0] for stage, judge in enumerate(decisions)]
        # The last exit takes whatever reaches it; argmax finds the first that takes.
        left = np.argmax([*takes, np.ones(len(batch), dtype=bool)], axis=0)
        integers = np.stack(
            [output / format_.scale for output, format_ in zip(outputs, formats, strict=True) if format_]
        )
        exits.append(left)
        chosen.append(integers[left, np.arange(len(batch))].astype(np.int64))
    answers = np.concatenate(chosen)
    return Expected(np.concatenate(exits), answers, answers.argmax(axis=1))
