"""MNIST, 28 x 28 grey images of handwritten digits.

The published training file is cut in two: its first 10,000 digits, which come with this package, are
the validation split, the other 50,000 are for training. The published test file is the test split.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from fpga_ee.datasets.download import cache_folder, fetch
from fpga_ee.datasets.idx import read_idx
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError

MnistSplit = Literal["train", "validation", "test"]

VALIDATION_SIZE = 10_000
CLASSES = 10

EMBEDDED_FOLDER = Path(__file__).parent / "embedded"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 of the unpacked files.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def load_mnist(
    split: MnistSplit, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS
) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (50,000 digits), "validation" (10,000) or "test" (10,000).
        folder: Holds the published IDX files, with or without ``.gz``. Without a folder, the validation
            split comes from the package, and the others are downloaded once into the user's cache.
        mirrors: Addresses to download from.

    Returns:
        Images uint8 [N, 1, 28, 28] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is missing, damaged or not MNIST, or the download fails.
    """
    published_set = "t10k" if split == "test" else "train"
    names = (f"{published_set}-images-idx3-ubyte", f"{published_set}-labels-idx1-ubyte")
    if folder is not None:
        paths = [_find(folder, name) for name in names]
    elif split == "validation":
        paths = [EMBEDDED_FOLDER / f"{name}.gz" for name in names]
    else:
        cache = cache_folder("mnist")
        paths = [fetch(name, SHA256[name], folder=cache, mirrors=mirrors) for name in names]
    digits = _read(f"MNIST {split}", *paths)
    match split:
        case "train":
            return _without_validation(digits, paths[0])
        case "validation":
            return digits.head(VALIDATION_SIZE)
        case "test":
            return digits


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise FpgaEeError(f"{folder} has neither {name} nor {name}.gz; pass the folder of the four MNIST files")


def _read(name: str, images_path: Path, labels_path: Path) -> LabelledImages:
    images = read_idx(images_path, rank=3)
    labels = read_idx(labels_path, rank=1)
    if len(images) != len(labels):
        raise FpgaEeError(
            f"{images_path} holds {len(images)} images but {labels_path} holds {len(labels)} labels; "
            "take both files from the same data set"
        )
    if images.shape[1:] != (28, 28):
        raise FpgaEeError(
            f"{images_path} holds images of {images.shape[1]} x {images.shape[2]} pixels, "
            "but MNIST's are 28 x 28; check that it is the right file"
        )
    if len(labels) and labels.max() >= CLASSES:
        raise FpgaEeError(
            f"{labels_path} holds the label {labels.max()}, but MNIST's are 0 to 9; "
            "check that it is the right file"
        )
    return LabelledImages(name, images[:, np.newaxis], labels.astype(np.int64))


def _without_validation(digits: LabelledImages, path: Path) -> LabelledImages:
    if len(digits) <= VALIDATION_SIZE:
        raise FpgaEeError(
            f"{path} holds {len(digits)} images, and the first {VALIDATION_SIZE} are the validation split, "
            "so none is left to train on; pass the complete file"
        )
    return LabelledImages(digits.name, digits.images[VALIDATION_SIZE:], digits.labels[VALIDATION_SIZE:])
