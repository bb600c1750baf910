"""MNIST: 28 x 28 grey images of handwritten digits.

The published training file is split: its first 10,000 digits, which come with this package, are the
validation split, and the other 50,000 are for training. The published test file is the test split.
"""

from collections.abc import Sequence
from pathlib import Path

from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.download import PublishedUnpacked, fetch
from fpga_ee.datasets.idx_files import file_names, find_files, read_split
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.files.caching import cache_folder

EMBEDDED_FOLDER = Path(__file__).parent / "embedded"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# SHA-256 and bytes of the unpacked files.
FILES = {
    "train-images-idx3-ubyte": PublishedUnpacked(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47_040_016
    ),
    "train-labels-idx1-ubyte": PublishedUnpacked(
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60_008
    ),
    "t10k-images-idx3-ubyte": PublishedUnpacked(
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7_840_016
    ),
    "t10k-labels-idx1-ubyte": PublishedUnpacked(
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10_008
    ),
}


def load_mnist(split: Split, folder: Path | None = None, mirrors: Sequence[str] = MIRRORS) -> LabelledImages:
    """Load one split.

    Args:
        split: "train" (50,000 digits), "validation" (10,000) or "test" (10,000).
        folder: The folder of the published IDX files, with or without ``.gz``. Without a folder, the
            validation
            split comes from the package, and the others are downloaded once into the user's cache.
        mirrors: Addresses for the download.

    Returns:
        Images uint8 [N, 1, 28, 28] and labels 0 to 9.

    Raises:
        FpgaEeError: A file is missing, damaged or not MNIST, or the download fails.
    """
    if folder is not None:
        files = find_files(folder, split)
    elif split == "validation":
        files = find_files(EMBEDDED_FOLDER, split)
    else:
        images, labels = (
            fetch(f"{name}.gz", FILES[name], folder=cache_folder("mnist"), mirrors=mirrors)
            for name in file_names(split)
        )
        files = images, labels
    return read_split("MNIST", split, files)
