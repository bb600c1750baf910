"""Random distortion of training images, so that a network sees no image twice."""

import math

import torch
from torch import Tensor
from torch.nn import functional

MAX_ROTATION = math.radians(10)
MAX_STRETCH = 0.1
MAX_SHEAR = 0.1
MAX_SHIFT = 1 / 14  # of the image's width or height: two pixels of 28


def distort(images: Tensor) -> Tensor:
    """Rotate, stretch, shear and shift every image by its own random amounts.

    Pixels from outside the image are black. The amounts are drawn from torch's global random state, on the
    processor, so that all devices distort alike.

    Args:
        images: float32 [N, channels, height, width].

    Returns:
        Distorted images of the same shape and type.
    """
    count = len(images)
    rotation = _between(MAX_ROTATION, count)
    stretch_x, stretch_y = 1 + _between(MAX_STRETCH, count), 1 + _between(MAX_STRETCH, count)
    shear = _between(MAX_SHEAR, count)
    # Coordinates go from -1 to 1, so a shift by the whole image is 2.
    shift_x, shift_y = _between(2 * MAX_SHIFT, count), _between(2 * MAX_SHIFT, count)
    cos, sin = rotation.cos(), rotation.sin()
    row_x = torch.stack([cos * stretch_x, (shear - sin) * stretch_y, shift_x], dim=1)
    row_y = torch.stack([sin * stretch_x, cos * stretch_y, shift_y], dim=1)
    transform = torch.stack([row_x, row_y], dim=1).to(images.device)
    grid = functional.affine_grid(transform, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def distort_and_mirror(images: Tensor) -> Tensor:
    """Distort every image, and mirror about half of them from left to right.

    Args:
        images: float32 [N, channels, height, width].

    Returns:
        Distorted images of the same shape and type.
    """
    turned = (torch.rand(len(images)) < 0.5).to(images.device)
    return distort(torch.where(turned[:, None, None, None], images.flip(-1), images))


def _between(limit: float, count: int) -> Tensor:
    """Draw uniform random numbers in [-limit, limit), float32 [count]."""
    return (2 * torch.rand(count) - 1) * limit
