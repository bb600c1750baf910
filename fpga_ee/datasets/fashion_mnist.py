"""Fashion-MNIST: 28 x 28 grey images of clothes, in MNIST's form.

The published files are split as MNIST's are: the first 10,000 training images are the validation split.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.download import PublishedFile, fetch
from fpga_ee.datasets.idx_files import file_names, find_files, read_split
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.files.caching import cache_folder

# The publisher's bucket, and the publisher's repository.
MIRRORS = (
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)

# SHA-256 and bytes of the packed files, as TensorFlow Datasets, Knet and others record them (url_checksums/
# fashion_mnist.txt). The publisher gives only their MD5, and others record that these are of the same files.
FILES = {
    "train-images-idx3-ubyte": PublishedFile(
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880
    ),
    "train-labels-idx1-ubyte": PublishedFile(
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515
    ),
    "t10k-images-idx3-ubyte": PublishedFile(
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102
    ),
    "t10k-labels-idx1-ubyte": PublishedFile(
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148
    ),
}


def load_fashion_mnist(
    split: Split, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS
) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (50,000 images), "validation" (10,000) or "test" (10,000).
        folder: The folder of the published IDX files, with or without ``.gz``. Without a folder, they are
            downloaded once into the user's cache.
        mirrors: Addresses for the download.

    Returns:
        Images uint8 [N, 1, 28, 28] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is missing, damaged or not Fashion-MNIST, or the download fails.
    """
    if folder is None:
        folder = cache_folder("fashion-mnist")
        for name in file_names(split):
            fetch(f"{name}.gz", FILES[name], folder=folder, mirrors=mirrors)
    return replace(read_split("Fashion-MNIST", split, find_files(folder, split)), mirrored=True)
