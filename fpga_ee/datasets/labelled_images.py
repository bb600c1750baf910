"""Images as raw bytes with their labels. All loaders return them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """One split of a data set.

    Attributes:
        name: Data set and split, for tables and reports.
        images: Pixels, uint8 [N, channels, height, width].
        labels: Classes, int64 [N].
        mirrored: True where a mirrored image shows the same class, as for photos but not for digits.
    """

    name: str
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    mirrored: bool = False

    def __post_init__(self) -> None:
        """Check that images and labels fit each other.

        Raises:
            FpgaEeError: A type or rank is wrong, or the numbers of images and labels differ.
        """
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise FpgaEeError(
                f"{self.name}: images must be uint8 [N, channels, height, width], "
                f"not {self.images.dtype} {list(self.images.shape)}"
            )
        if self.labels.dtype != np.int64 or self.labels.ndim != 1:
            raise FpgaEeError(
                f"{self.name}: labels must be int64 [N], not {self.labels.dtype} {list(self.labels.shape)}"
            )
        if len(self.images) != len(self.labels):
            raise FpgaEeError(
                f"{self.name}: there are {len(self.images)} images but {len(self.labels)} labels"
            )

    def __len__(self) -> int:
        """Number of images."""
        return len(self.labels)

    def head(self, count: int) -> "LabelledImages":
        """Give the first ``count`` images, or all if there are fewer."""
        return replace(self, images=self.images[:count], labels=self.labels[:count])

    def without_head(self, count: int) -> "LabelledImages":
        """Give all images but the first ``count``."""
        return replace(self, images=self.images[count:], labels=self.labels[count:])

    def at(self, indices: Sequence[int]) -> "LabelledImages":
        """Give the images at ``indices``, in this order."""
        return replace(self, images=self.images[indices], labels=self.labels[indices])

    def inputs(self) -> NDArray[np.float32]:
        """Make the network's inputs: pixel / 256, float32 [N, channels, height, width] in [0, 1).

        Division by a power of two is exact, so the raw byte is the code that hardware reads.
        """
        return self.images.astype(np.float32) / np.float32(256)
