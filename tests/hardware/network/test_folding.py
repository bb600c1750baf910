"""Divisors, which foldings are made of."""

import time

import pytest

from fpga_ee.hardware.network.folding import divisors


@pytest.mark.parametrize("number", [1, 2, 12, 49, 97, 720])
def test_divisors_are_all_that_there_are(number: int) -> None:
    assert divisors(number) == [candidate for candidate in range(1, number + 1) if number % candidate == 0]


def test_divisors_of_a_large_picture_take_no_time() -> None:
    started = time.process_time()
    assert len(divisors(3 * 4_320 * 7_680)) == 270
    assert time.process_time() - started < 1
