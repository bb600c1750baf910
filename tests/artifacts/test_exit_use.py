"""An exit that all images or none take is told."""

import pytest

from fpga_ee.artifacts.exit_use import unused_exits


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ((1.0,), ()),
        ((0.9, 0.1), ()),
        ((1.0, 0.0), ("all images leave at exit 0, so the other exits do nothing",)),
        ((0.0, 1.0), ("all images leave at exit 1, so the other exits do nothing",)),
        ((0.5, 0.5, 0.0), ("no image leaves at exit 2",)),
        ((0.0, 0.5, 0.5), ("no image leaves at exit 0",)),
        ((0.0, 0.9, 0.0, 0.1), ("no image leaves at exit 0", "no image leaves at exit 2")),
    ],
)
def test_each_exit_that_all_or_none_take_has_a_sentence(
    rates: tuple[float, ...], told: tuple[str, ...]
) -> None:
    assert unused_exits(rates) == told
