"""Compares the shares of images in a manifest with those that the same images give here."""

from collections.abc import Sequence
from pathlib import Path

from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.names import MANIFEST
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError


def is_of(measured: Measurement, images: LabelledImages) -> bool:
    """Tell whether a measurement is of these images, so that shares can be compared."""
    return (measured.split, measured.images) == (images.name, len(images))


def check_whole_split(folder: Path, measured: Measurement, images: LabelledImages) -> None:
    """Check that a measurement on a split is of all images of the split.

    Raises:
        FpgaEeError: It is of the same split, but of another number of images.
    """
    if measured.split == images.name and measured.images != len(images):
        raise FpgaEeError(
            f"{folder / MANIFEST} says that {images.name} has {measured.images:,} images, but it has "
            f"{len(images):,}: export again"
        )


def check_stated(
    folder: Path,
    images: LabelledImages,
    name: str,
    shares: tuple[Sequence[float], Sequence[float]],
    unsure: int,
) -> None:
    """Compare the shares that a manifest states with those that were found.

    Args:
        folder: The folder that ``fpga-ee export`` wrote.
        images: The images of both.
        name: Name of the shares.
        shares: The stated shares, and those that were found.
        unsure: Number of images that rounding may count elsewhere; 0 in fixed point.

    Raises:
        FpgaEeError: They differ by more.
    """
    stated, found = shares
    counts = [[round(share * len(images)) for share in each] for each in shares]
    if any(abs(one - other) > unsure for one, other in zip(*counts, strict=True)):
        raise FpgaEeError(
            f"{folder / MANIFEST} says that {name} of {images.name} is {_listed(stated)}, but it is "
            f"{_listed(found)}: export again"
        )


def _listed(shares: Sequence[float]) -> str:
    return ", ".join(map(str, shares))
