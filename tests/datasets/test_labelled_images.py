"""Images are raw bytes; the network's input is the byte divided by 256, exactly."""

import numpy as np
import pytest

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError

BYTES = np.arange(256, dtype=np.uint8).reshape(4, 1, 8, 8)
LABELS = np.arange(4)


def test_inputs_are_the_bytes_on_a_grid_of_one_256th() -> None:
    inputs = LabelledImages("all bytes", BYTES, LABELS).inputs()
    assert inputs.dtype == np.float32
    assert inputs.shape == (4, 1, 8, 8)
    np.testing.assert_array_equal(inputs.ravel() * 256, np.arange(256))
    assert inputs.max() < 1


def test_the_head_is_the_first_images_or_all() -> None:
    images = LabelledImages("some", BYTES, LABELS)
    assert images.head(3).labels.tolist() == [0, 1, 2]
    assert len(images.head(9)) == 4
    assert images.without_head(3).labels.tolist() == [3]


def test_parts_know_what_the_whole_knows() -> None:
    images = LabelledImages("some", BYTES, LABELS, mirrored=True)
    assert all(part.mirrored for part in (images.head(2), images.without_head(2), images.at([1])))


def test_images_are_picked_in_the_order_asked_for() -> None:
    picked = LabelledImages("some", BYTES, LABELS).at([2, 0])
    assert picked.labels.tolist() == [2, 0]
    np.testing.assert_array_equal(picked.images, BYTES[[2, 0]])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (BYTES[:3], LABELS, "3 images but 4 labels"),
        (BYTES.astype(np.float32), LABELS, "images must be uint8"),
        (BYTES[:, 0], LABELS, "images must be uint8"),
        (BYTES, LABELS.astype(np.uint8), "labels must be int64"),
        (BYTES, LABELS[:, np.newaxis], "labels must be int64"),
    ],
)
def test_images_and_labels_must_fit_each_other(images: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(FpgaEeError, match=f"some: .*{message}"):
        LabelledImages("some", images, labels)
