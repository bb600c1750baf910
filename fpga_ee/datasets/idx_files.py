"""The four IDX files of MNIST, and of data sets of the same form."""

from pathlib import Path

import numpy as np

from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.idx import read_idx
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError

VALIDATION_SIZE = 10_000
CLASSES = 10


def file_names(split: Split) -> tuple[str, str]:
    """Name the files of a split's images and labels, without ``.gz``."""
    prefix = "t10k" if split == "test" else "train"
    return f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"


def find_files(folder: Path, split: Split) -> tuple[Path, Path]:
    """Find the files of a split in a folder, with or without ``.gz``.

    Raises:
        FpgaEeError: A file is missing.
    """
    images, labels = (_find(folder, name) for name in file_names(split))
    return images, labels


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise FpgaEeError(
        f"{folder} has neither {name} nor {name}.gz; pass the folder of the data set's four files"
    )


def read_split(title: str, split: Split, files: tuple[Path, Path]) -> LabelledImages:
    """Read a split: the first 10,000 training images are for validation, the others for training.

    Args:
        title: Title of the data set, for messages and tables.
        split: Name of the split.
        files: The files of the split's images and labels.

    Returns:
        Images uint8 [N, 1, 28, 28] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is damaged, or of another data set.
    """
    images = _read(title, split, *files)
    match split:
        case "train":
            if len(images) <= VALIDATION_SIZE:
                raise FpgaEeError(
                    f"{files[0]} holds {len(images)} images, and the first {VALIDATION_SIZE} are the "
                    "validation split, so none is left to train on; pass the complete file"
                )
            return images.without_head(VALIDATION_SIZE)
        case "validation":
            return images.head(VALIDATION_SIZE)
        case "test":
            return images


def _read(title: str, split: Split, images_path: Path, labels_path: Path) -> LabelledImages:
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
            f"but those of {title} are 28 x 28; check that it is the right file"
        )
    if len(labels) and labels.max() >= CLASSES:
        raise FpgaEeError(
            f"{labels_path} holds the label {labels.max()}, but those of {title} are 0 to 9; "
            "check that it is the right file"
        )
    return LabelledImages(f"{title} {split}", images[:, np.newaxis], labels.astype(np.int64))
