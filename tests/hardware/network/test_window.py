"""A window that cannot slide is refused; one that can has room for the next one."""

import pytest

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.window import Window


@pytest.mark.parametrize(
    "window",
    [
        {"kernel": (0, 0)},
        {"kernel": (257, 1)},
        {"kernel": (3, 3), "stride": (0, 1)},
        {"kernel": (3, 3), "stride": (1, 2**31)},
        {"kernel": (3, 3), "padding": (0, 0, -1, 0)},
        {"kernel": (3, 3), "padding": (0, 0, 0, 2**31)},
    ],
)
def test_windows_that_cannot_slide_are_refused(window: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(FpgaEeError, match="cannot be: all are 256 at most, and but for padding 1 at least"):
        Window(**window)


@pytest.mark.parametrize(
    ("kernel", "stride", "banks", "rows"),
    [(3, 1, 1, 6), (3, 1, 3, 2), (2, 2, 1, 4), (5, 1, 5, 2), (2, 3, 1, 6), (2, 3, 2, 3), (3, 5, 3, 4)],
)
def test_all_banks_together_hold_the_rows_of_a_window_and_of_the_next(
    kernel: int, stride: int, banks: int, rows: int
) -> None:
    """Rows that a window jumps over are held as well. A bank of a part of the rows has its part."""
    image = FeatureMap(1, 20, 20, FixedPoint(8, signed=False, frac=0))
    window = Window((kernel, kernel), (stride, stride))
    output = FeatureMap(1, *window.output(20, 20), image.format)
    assert window.geometry(image, output, 1, (banks, 1)).slots == rows
