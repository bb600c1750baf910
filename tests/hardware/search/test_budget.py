"""The usable share of a board, and the clock."""

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.search.budget import Budget


@pytest.mark.parametrize("fraction", [0.0, -0.5, 1.5, float("nan")])
def test_a_budget_is_a_part(fraction: float) -> None:
    with pytest.raises(FpgaEeError, match="of the board's dsp is not above 0 and at most 1"):
        Budget(boards.load("zc706"), (1.0, 1.0, fraction, 1.0), 125)


def test_a_clock_is_positive() -> None:
    with pytest.raises(FpgaEeError, match="a clock of -1 MHz is not possible"):
        Budget(boards.load("zc706"), (1.0,) * 4, -1)
