"""SVHN, 32 x 32 colour images of house numbers, cropped to a digit.

The last tenth of the published training file is the validation split, the rest is for training. The
published test file is the test split.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat

from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.download import cache_folder, fetch, published
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.training_files import part_of
from fpga_ee.errors import FpgaEeError

MIRRORS = ("http://ufldl.stanford.edu/housenumbers/",)

# MD5 of the files; the publisher gives none, these are the ones that others' loaders agree on.
MD5 = {
    "train_32x32.mat": "e26dedcc434d2e4c54c9b2d4a06d8373",
    "test_32x32.mat": "eb5a983be6a315427106f1b164d9cef3",
}
CLASSES = 10
MOST_IMAGES = 531_131
"""Images of the largest published file."""


def load_svhn(split: Split, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (65,932 images), "validation" (7,325) or "test" (26,032).
        folder: Holds ``train_32x32.mat`` and ``test_32x32.mat``. Without a folder they are downloaded once
            into the user's cache.
        mirrors: Addresses to download from.

    Returns:
        Images uint8 [N, 3, 32, 32] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is missing, damaged or not SVHN, or the download fails.
    """
    name = "test_32x32.mat" if split == "test" else "train_32x32.mat"
    if folder is None:
        path = fetch(name, published("md5", MD5[name]), folder=cache_folder("svhn"), mirrors=mirrors)
    else:
        path = folder / name
        if not path.exists():
            raise FpgaEeError(f"{folder} has no {name}; pass the folder of SVHN's cropped digits")
    images, labels = _read(path)
    part = part_of(split, len(images), path)
    return LabelledImages(f"SVHN {split}", images[part], labels[part])


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        # What the file announces, before memory is taken for it.
        _check_announced({name: (shape, kind) for name, shape, kind in whosmat(path)})
        content = loadmat(path, variable_names=["X", "y"])
        images, labels = content["X"], content["y"].ravel().astype(np.int64)
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
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
    return np.ascontiguousarray(images.transpose(3, 2, 0, 1)), labels % CLASSES


def _check_announced(variables: dict[str, tuple[tuple[int, ...], str]]) -> None:
    if not {"X", "y"} <= variables.keys():
        raise ValueError(f"it holds {', '.join(variables) or 'nothing'} instead of X and y")
    (shape, kind), (labels_shape, labels_kind) = variables["X"], variables["y"]
    if kind != "uint8" or len(shape) != 4 or shape[:3] != (32, 32, 3) or shape[3] > MOST_IMAGES:
        raise ValueError(f"X is {kind} {list(shape)} instead of uint8 [32, 32, 3, images]")
    if labels_kind != "uint8" or labels_shape != (shape[3], 1):
        raise ValueError(f"y is {labels_kind} {list(labels_shape)} instead of uint8 [{shape[3]}, 1]")
