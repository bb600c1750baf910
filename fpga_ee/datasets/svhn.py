"""SVHN: 32 x 32 colour images of house numbers, cropped to a digit.

The last tenth of the published training file is the validation split, and the rest is for training. The
published test file is the test split.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat

from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.download import PublishedFile, fetch
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.matlab_files import uncompressed
from fpga_ee.datasets.training_files import part_of
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.caching import cache_folder
from fpga_ee.files.reading import read_bytes

MIRRORS = ("https://ufldl.stanford.edu/housenumbers/",)

# SHA-256 and bytes of the files. The publisher gives none; other loaders agree on these, for example
# TensorFlow
# Datasets (url_checksums/svhn_cropped.txt) and torchvision's prototypes.
FILES = {
    "train_32x32.mat": PublishedFile(
        "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8", 182_040_794
    ),
    "test_32x32.mat": PublishedFile(
        "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b", 64_275_384
    ),
}
CLASSES = 10
MOST_IMAGES = 73_257
"""Number of images of the larger file."""

_MOST_BYTES = 2 * MOST_IMAGES * 32 * 32 * 3
"""Most bytes of a file, packed or not: twice those of its unpacked images."""


def load_svhn(split: Split, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (65,932 images), "validation" (7,325) or "test" (26,032).
        folder: The folder of ``train_32x32.mat`` and ``test_32x32.mat``. Without a folder, they are
            downloaded
            once into the user's cache.
        mirrors: Addresses to download from.

    Returns:
        Images uint8 [N, 3, 32, 32] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is missing, damaged or not SVHN, or the download fails.
    """
    name = "test_32x32.mat" if split == "test" else "train_32x32.mat"
    if folder is None:
        path = fetch(name, FILES[name], folder=cache_folder("svhn"), mirrors=mirrors)
    else:
        path = folder / name
        if not path.exists():
            raise FpgaEeError(f"{folder} has no {name}; pass the folder of SVHN's cropped digits")
    images, labels = _read(path)
    part = part_of(split, len(images), path)
    return LabelledImages(f"SVHN {split}", images[part], labels[part])


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    packed = read_bytes(path, _MOST_BYTES)
    try:
        file = io.BytesIO(uncompressed(packed, _MOST_BYTES))
        # The sizes that the file announces are checked before memory is allocated.
        _check_announced(whosmat(file))
        content = loadmat(file, variable_names=["X", "y"])
        images, labels = content["X"], content["y"]
        # A variable of uint8 may be stored as numbers of another type.
        _check_variables({"X": (images.shape, images.dtype.name), "y": (labels.shape, labels.dtype.name)})
    except Exception as error:  # a damaged file can end in any exception
        raise FpgaEeError(
            f"{path} is not a file of SVHN's cropped digits ({type(error).__name__}: {error}); get it again"
        ) from error
    if labels.size and not 1 <= labels.min() <= labels.max() <= CLASSES:
        raise FpgaEeError(
            f"{path} holds labels from {labels.min()} to {labels.max()}, but SVHN's are 1 to {CLASSES}; "
            "check that it is the right file"
        )
    # Published as rows, columns, colours, images; and a 0 as 10.
    return np.ascontiguousarray(images.transpose(3, 2, 0, 1)), labels.ravel().astype(np.int64) % CLASSES


def _check_announced(announced: Sequence[tuple[str, tuple[int, ...], str]]) -> None:
    variables = {name: (shape, kind) for name, shape, kind in announced}
    # Of two variables of one name, another one might be read than the one that was checked.
    if len(variables) != len(announced):
        raise ValueError("it holds two variables of the same name")
    _check_variables(variables)


def _check_variables(variables: dict[str, tuple[tuple[int, ...], str]]) -> None:
    if not {"X", "y"} <= variables.keys():
        raise ValueError(f"it holds {', '.join(variables) or 'nothing'} instead of X and y")
    (shape, kind), (labels_shape, labels_kind) = variables["X"], variables["y"]
    if kind != "uint8" or len(shape) != 4 or shape[:3] != (32, 32, 3) or shape[3] > MOST_IMAGES:
        raise ValueError(f"X is {kind} {list(shape)} instead of uint8 [32, 32, 3, images]")
    if labels_kind != "uint8" or labels_shape != (shape[3], 1):
        raise ValueError(f"y is {labels_kind} {list(labels_shape)} instead of uint8 [{shape[3]}, 1]")
