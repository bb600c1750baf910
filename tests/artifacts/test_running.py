"""All exits of many images are run at once, and each image takes the first exit whose decision takes it."""

import numpy as np
import pytest
from helpers.exported import Exported

from fpga_ee.artifacts import names
from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.artifacts.running import IMAGES_AT_A_TIME, Level, load, run_all_exits
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError


@pytest.mark.parametrize("level", Level)
def test_every_image_takes_the_exit_and_the_logits_of_the_conditional_model(
    three_exits: Exported, validation_images: LabelledImages, level: Level
) -> None:
    folder = three_exits.folder
    manifest = load_manifest(folder)
    images = np.resize(validation_images.inputs(), (2 * IMAGES_AT_A_TIME + 7, *manifest.input.shape))
    done: list[int] = []
    found = run_all_exits(folder, manifest, images, level, done.append)
    conditional = load(folder / manifest.batch, Level.DISABLE_ALL)
    logits, exit_indices = conditional.run([names.LOGITS, names.EXIT_INDEX], {names.IMAGE: images})
    assert set(exit_indices) == set(range(len(manifest.stages)))
    np.testing.assert_array_equal(found.exit_indices, exit_indices)
    for stage, of_exit in enumerate(found.every_exit):
        assert of_exit.shape == (len(images), *manifest.stages[stage].logits.shape)
        np.testing.assert_array_equal(of_exit[exit_indices == stage], logits[exit_indices == stage])
    assert done == [IMAGES_AT_A_TIME, IMAGES_AT_A_TIME, 7]


def test_images_of_another_shape_are_refused(three_exits: Exported) -> None:
    images = np.zeros((1, 1, 3, 3), dtype=np.float32)
    with pytest.raises(FpgaEeError, match=r"ONNX Runtime cannot run .*all_exits\.onnx: "):
        run_all_exits(three_exits.folder, load_manifest(three_exits.folder), images)


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(FpgaEeError, match=r"ONNX Runtime refuses the model at ENABLE_ALL: "):
        load(b"no model", Level.ENABLE_ALL)
