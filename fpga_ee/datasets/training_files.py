"""Cutting published training files that have no validation split of their own."""

from fpga_ee.datasets.data_set import Split
from fpga_ee.errors import FpgaEeError


def part_of(split: Split, images: int, file: object) -> slice:
    """Give the images of a published file that a split takes: the last tenth of a training file validates.

    Each file is cut by itself, so an image is in the same split whichever of the other files are at hand.

    Args:
        split: Which one.
        images: How many the file holds.
        file: Its name, for messages.

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
