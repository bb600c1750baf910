"""What rounds and limits sums only passes those on that it neither rounds nor limits."""

from dataclasses import replace

import pytest

from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.requantise import RequantiseModule

FITTING = RequantiseModule(lanes=3, in_bits=8, out_bits=8, shift=0, low=-128, high=127)
"""Words of 8 bits from words of 8 bits."""


def test_words_that_fit_as_they_are_wait_in_shift_registers() -> None:
    """A look-up table for each of 24 bits and for `last`, whose register is one for all."""
    assert FITTING.terms(SERIES_7) == Terms(lut=25, ff=3)
    wider = replace(FITTING, shift=-2, out_bits=10, low=-512, high=511)
    assert wider.terms(SERIES_7) == Terms(lut=25, ff=3), "times four they fit ten bits"


@pytest.mark.parametrize("changed", [{"high": 126}, {"high": 64}, {"low": -127}, {"shift": 1}, {"shift": -1}])
def test_words_are_registered_where_any_is_limited_or_rounded(changed: dict[str, int]) -> None:
    assert replace(FITTING, **changed).terms(SERIES_7).ff > 3 + 24
