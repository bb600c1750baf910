"""A fixed-point format says which numbers a tensor may hold and which integers carry them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import IMAGE, FixedPoint, Widths
from fpga_ee.errors import FpgaEeError

formats = st.builds(
    FixedPoint,
    bits=st.integers(2, 32),
    signed=st.booleans(),
    frac=st.integers(-8, 48),
    symmetric=st.just(False),
)


@given(formats)
def test_a_format_has_two_to_the_bits_integers(each: FixedPoint) -> None:
    assert each.high - each.low + 1 == 2**each.bits
    assert each.magnitude == max(abs(each.low), abs(each.high))


@given(formats)
def test_its_carrier_is_the_narrowest_onnx_integer_that_holds_it(each: FixedPoint) -> None:
    carrier = np.iinfo(each.carrier)
    assert carrier.min <= each.low
    assert each.high <= carrier.max
    narrower = [width for width in (8, 16, 32) if width < carrier.bits]
    assert all(each.bits > width for width in narrower)
    assert (each.carried.low, each.carried.high) == (carrier.min, carrier.max)
    assert each.carried.scale == each.scale


def test_symmetric_weights_leave_the_most_negative_integer_out() -> None:
    weights = FixedPoint(bits=7, signed=True, frac=6, symmetric=True)
    assert (weights.low, weights.high) == (-63, 63)


@pytest.mark.parametrize(("frac", "scale"), [(0, 1.0), (8, 1 / 256), (-3, 8.0)])
def test_a_grid_step_is_a_power_of_two(frac: int, scale: float) -> None:
    assert FixedPoint(bits=8, signed=False, frac=frac).scale == scale


def test_the_image_is_the_raw_byte() -> None:
    assert (IMAGE.low, IMAGE.high, IMAGE.scale) == (0, 255, 1 / 256)


def test_a_format_reads_as_sign_bits_and_fraction() -> None:
    assert str(IMAGE) == "u8.8"
    assert str(FixedPoint(bits=16, signed=True, frac=-2)) == "s16.-2"


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({"weight_bits": 1}, "weight width 1 is outside 2 to 8 bits"),
        ({"weight_bits": 9}, "weight width 9 is outside 2 to 8 bits"),
        ({"activation_bits": 1}, "activation width 1 is outside 2 to 8 bits"),
        ({"activation_bits": 16}, "activation width 16 is outside 2 to 8 bits"),
        ({"logit_bits": 17}, "logit width 17 is outside 8 to 16 bits"),
    ],
)
def test_widths_that_the_flow_cannot_carry_are_refused(widths: dict[str, int], message: str) -> None:
    with pytest.raises(FpgaEeError, match=message):
        Widths(**widths)
