"""Sizes of feature maps have upper bounds, so that a file of a few bytes does not take gigabytes."""

import numpy as np
import pytest

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap

WORD = FixedPoint(8, signed=False, frac=5)


@pytest.mark.parametrize("sizes", [(65_536, 1, 1), (3, 4_320, 7_680), (1, 1, 1)])
def test_feature_maps_as_large_as_pictures(sizes: tuple[int, int, int]) -> None:
    assert FeatureMap(*sizes, WORD).words == np.prod(sizes)


@pytest.mark.parametrize(
    "sizes", [(0, 1, 1), (1, -1, 1), (65_537, 1, 1), (10**9, 1, 1), (1, 65_536, 65_536), (2**11, 2**9, 2**9)]
)
def test_larger_feature_maps_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(FpgaEeError, match=r"a feature map of .* words cannot be: each size is 1 to 65,536"):
        FeatureMap(*sizes, WORD)
