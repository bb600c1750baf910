"""The budget as the command line gives it."""

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.constraints import parse_budget


def test_resources_that_are_not_named_are_free_to_use() -> None:
    assert parse_budget("dsp=0.2, lut = 0.5") == (0.5, 1, 0.2, 1)
    assert parse_budget("0.5") == (0.5, 0.5, 0.5, 0.5)


def test_resources_that_are_not_named_have_the_share_without_a_name() -> None:
    assert parse_budget("0.5,lut=0.9") == parse_budget("lut=0.9,0.5") == (0.9, 0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "twice"),
    [("lut=0.5,lut=0.9", "lut"), ("lut=0.5, LUT =0.5", "lut"), ("0.5,0.6", "the share of all others")],
)
def test_a_share_is_given_once(text: str, twice: str) -> None:
    with pytest.raises(FpgaEeError, match=f"the budget {text} gives {twice} twice: leave one out"):
        parse_budget(text)
