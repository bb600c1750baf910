"""Good files of every data set, in every form that it is published in."""

from pathlib import Path

import numpy as np
from helpers.cifar_files import random_pixels, write_cifar, write_python
from helpers.idx_files import write_idx
from helpers.matlab_files import write_svhn

from fpga_ee.datasets.labelled_images import LabelledImages


def make_data_sets(home: Path, digits: LabelledImages) -> None:
    """Make a folder of each; clothes are digits here."""
    folders = ("data", "packed", "clothes", "photos", "photos-for-python", "house-numbers")
    for name in folders:
        (home / name).mkdir()
    write_digits(home / "data", "t10k", digits)
    write_digits(home / "packed", "t10k", digits, ".gz")
    write_digits(home / "clothes", "train", digits, ".gz")
    write_cifar(home / "photos")
    labels = [index % 10 for index in range(20)]
    write_python(home / "photos-for-python" / "data_batch_1", random_pixels(20), labels)
    write_svhn(home / "house-numbers")


def write_digits(folder: Path, name: str, digits: LabelledImages, suffix: str = "") -> None:
    """Write a pair of files as MNIST's are."""
    write_idx(folder / f"{name}-images-idx3-ubyte{suffix}", digits.images[:, 0])
    write_idx(folder / f"{name}-labels-idx1-ubyte{suffix}", digits.labels.astype(np.uint8))
