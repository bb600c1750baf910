"""Exit rates and accuracies of a network on images: shares of a number of images, which must fit together."""

from collections.abc import Sequence
from typing import Annotated

from annotated_types import Interval

from fpga_ee.files.schemas import Share, record

MOST_IMAGES = 10**9
"""More images than any data set has; up to this number, shares determine counts exactly."""


Images = Annotated[int, Interval(ge=1, le=MOST_IMAGES)]


@record
class Measurement:
    """Exit rates and accuracies of the exported network on images.

    Attributes:
        split: Name of the images' split.
        images: Number of images.
        exit_rates: Share of the images that left at each exit.
        exit_accuracies: Accuracy of each exit over all images.
        accuracy: Accuracy where every image is labelled by the exit it left at.
    """

    split: str
    images: Images
    exit_rates: tuple[Share, ...]
    exit_accuracies: tuple[Share, ...]
    accuracy: Share

    def __post_init__(self) -> None:
        """Check that the shares can be those of ``images`` images.

        Raises:
            ValueError: As :func:`check_shares`.
        """
        check_shares(self.images, self.exit_rates, self.exit_accuracies, self.accuracy)


def check_shares(
    images: int, exit_rates: Sequence[float], exit_accuracies: Sequence[float], accuracy: float
) -> None:
    """Check that some set of images has these shares. :class:`Measurement` explains the arguments.

    Raises:
        ValueError: No set of images has them.
    """
    if not len(exit_rates) == len(exit_accuracies) > 0:
        raise ValueError(f"it has {len(exit_rates)} exit rates and {len(exit_accuracies)} exit accuracies")
    left = [_count(images, rate, f"exit_rates[{index}]") for index, rate in enumerate(exit_rates)]
    right = [
        _count(images, share, f"exit_accuracies[{index}]") for index, share in enumerate(exit_accuracies)
    ]
    if sum(left) != images:
        raise ValueError(f"its exit_rates are of {sum(left):,} images, not of all {images:,}")
    # Of the images that left at an exit, at most all that the exit labels right, at least those that remain.
    most = sum(min(pair) for pair in zip(left, right, strict=True))
    least = sum(max(0, here + correct - images) for here, correct in zip(left, right, strict=True))
    if not least <= _count(images, accuracy, "accuracy") <= most:
        raise ValueError(
            f"its accuracy {accuracy} cannot be that of its exits: it lies between {least / images} and "
            f"{most / images}"
        )


def _count(images: int, share: float, name: str) -> int:
    if not 0 <= share <= 1:
        raise ValueError(f"its {name} {share} is not between 0 and 1")
    count = round(share * images)
    # A share is the quotient of two integers, rounded once.
    if abs(share * images - count) > 1e-6:
        raise ValueError(f"its {name} {share} is no share of {images:,} images")
    return count
