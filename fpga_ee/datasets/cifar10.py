"""CIFAR-10: 32 x 32 colour photos of ten kinds of objects.

The last tenth of each published training file is the validation split, and the rest is for training. The
published test file is the test split. A folder may lack some of the five training files, and a file may hold
only the first of its images. The split's name then says how many of the published images it has.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fpga_ee.datasets.cifar_files import read_binary, read_python
from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.download import PublishedFile, fetch_archive
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.training_files import part_of
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.caching import cache_folder

TRAIN_FILES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_FILE = "test_batch"
PUBLISHED = {"train": 45_000, "validation": 5_000, "test": 10_000}
"""Number of images of each split if all files are complete."""

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
ARCHIVE = "cifar-10-binary.tar.gz"
ARCHIVE_FOLDER = "cifar-10-batches-bin"
PUBLISHED_ARCHIVE = PublishedFile(
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170_052_171
)


def load_cifar10(
    split: Split, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS
) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (45,000 images), "validation" (5,000) or "test" (10,000).
        folder: The folder of published files, in the binary layout (``data_batch_1.bin``) or that for Python
            (``data_batch_1``). Without a folder, they are downloaded once into the user's cache.
        mirrors: Addresses for the download.

    Returns:
        Images uint8 [N, 3, 32, 32] and labels 0 to 9.

    Raises:
        FpgaEeError: All files of the split are missing, a file is damaged or not CIFAR-10, or the download
            fails.
    """
    if folder is None:
        folder = cache_folder("cifar10")
        members = [f"{ARCHIVE_FOLDER}/{name}.bin" for name in (*TRAIN_FILES, TEST_FILE)]
        fetch_archive(ARCHIVE, PUBLISHED_ARCHIVE, members, folder=folder, mirrors=mirrors)
    names = (TEST_FILE,) if split == "test" else TRAIN_FILES
    pixels, labels = [], []
    for name in names:
        binary, python = folder / f"{name}.bin", folder / name
        if binary.exists():
            path, (of_file, labels_of_file) = binary, read_binary(binary)
        elif python.exists():
            path, (of_file, labels_of_file) = python, read_python(python)
        else:
            continue
        part = part_of(split, len(of_file), path)
        pixels.append(of_file[part])
        labels.append(labels_of_file[part])
    if not pixels:
        raise FpgaEeError(
            f"{folder} has none of the files {', '.join(names)}, with or without .bin; "
            "pass the folder of CIFAR-10's files"
        )
    images = np.concatenate(pixels)
    title = f"CIFAR-10 {split}"
    if len(images) != PUBLISHED[split]:
        title += f" ({len(images):,} of {PUBLISHED[split]:,} images)"
    return LabelledImages(title, images, np.concatenate(labels), mirrored=True)
