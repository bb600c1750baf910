"""Fashion-MNIST, 28 x 28 grey images of clothes in MNIST's form.

The published files are cut as MNIST's are: the first 10,000 training images are the validation split.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.download import cache_folder, fetch, published
from fpga_ee.datasets.idx_files import file_names, find_files, read_split
from fpga_ee.datasets.labelled_images import LabelledImages

MIRRORS = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)

# MD5 of the packed files, as the publisher gives them.
MD5 = {
    "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
}


def load_fashion_mnist(
    split: Split, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS
) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (50,000 images), "validation" (10,000) or "test" (10,000).
        folder: Holds the published IDX files, with or without ``.gz``. Without a folder they are downloaded
            once into the user's cache.
        mirrors: Addresses to download from.

    Returns:
        Images uint8 [N, 1, 28, 28] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is missing, damaged or not Fashion-MNIST, or the download fails.
    """
    if folder is None:
        folder = cache_folder("fashion-mnist")
        for name in file_names(split):
            fetch(f"{name}.gz", published("md5", MD5[name]), folder=folder, mirrors=mirrors)
    return replace(read_split("Fashion-MNIST", split, find_files(folder, split)), mirrored=True)
