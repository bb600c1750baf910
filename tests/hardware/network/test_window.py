"""A window that cannot slide is refused."""

import pytest

from fpga_ee.errors import FpgaEeError
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
