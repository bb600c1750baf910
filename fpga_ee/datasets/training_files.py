"""Splits published training files that have no validation split."""

from fpga_ee.datasets.data_set import Split
from fpga_ee.errors import FpgaEeError


def part_of(split: Split, images: int, file: object) -> slice:
    """Choose the images of a published file for a split: the last tenth of a training file validates.

    Each file is split by itself, so the split of an image does not depend on the other files.

    Args:
        split: Name of the split.
        images: Number of images in the file.
        file: Name of the file, for messages.

    Raises:
        FpgaEeError: The file holds too few images.
    """
    if images < (1 if split == "test" else 10):
        raise FpgaEeError(f"{file} holds {images} images, which are too few for a split; get the file again")
    first = images - images // 10
    match split:
        case "train":
            return slice(first)
        case "validation":
            return slice(first, None)
        case "test":
            return slice(None)
