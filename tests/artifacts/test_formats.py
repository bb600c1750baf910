"""A fixed-point format says which numbers a tensor may hold and which integers carry them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import IMAGE, MOST_COARSER, MOST_PAIRED_BITS, FixedPoint, LayerFormats, Widths
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


@pytest.mark.parametrize(("bits", "carrier"), [(2, "int8"), (7, "int8"), (8, "int16"), (9, "int16")])
def test_weights_are_carried_in_bytes_up_to_seven_bits(bits: int, carrier: str) -> None:
    """Two products of 255 and a weight of 7 bits fit 16 bits, and two of 255 and 127 do not."""
    assert FixedPoint(bits=bits, signed=True, frac=6, symmetric=True).carrier == carrier
    assert 2 * 255 * FixedPoint(MOST_PAIRED_BITS, signed=True, frac=6, symmetric=True).high < 2**15
    assert 2 * 255 * FixedPoint(8, signed=True, frac=6, symmetric=True).high >= 2**15


@pytest.mark.parametrize(("frac", "scale"), [(0, 1.0), (8, 1 / 256), (-3, 8.0)])
def test_a_grid_step_is_a_power_of_two(frac: int, scale: float) -> None:
    assert FixedPoint(bits=8, signed=False, frac=frac).scale == scale


def test_the_image_is_the_raw_byte() -> None:
    assert (IMAGE.low, IMAGE.high, IMAGE.scale) == (0, 255, 1 / 256)


def test_a_format_reads_as_sign_bits_and_fraction() -> None:
    assert str(IMAGE) == "u8.8"
    assert str(FixedPoint(bits=16, signed=True, frac=-2)) == "s16.-2"


def around(coarser: tuple[int, ...] = ()) -> LayerFormats:
    weight, bias = FixedPoint(7, signed=True, frac=6, symmetric=True), FixedPoint(32, signed=True, frac=14)
    return LayerFormats(IMAGE, weight, bias, IMAGE, coarser)


def test_the_formats_of_a_layer_are_those_of_its_finest_filter() -> None:
    formats = around().with_filter_fracs([5, 9, 7])
    assert (formats.weight.frac, formats.bias.frac, formats.coarser) == (9, 17, (4, 0, 2))


def test_filters_of_one_grid_have_one_format() -> None:
    assert around((0, 3)).with_filter_fracs([5, 5]) == around().with_filter_fracs([5, 5, 5])
    assert around().with_filter_fracs([6]) == around()


@pytest.mark.parametrize("coarser", [(0, 0), (1, 2), (-1, 0), (0, MOST_COARSER + 1)])
def test_grids_of_filters_have_one_form_and_are_not_too_far_apart(coarser: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="coarser than the finest of them are outside 0 to 16, or all alike"):
        around(coarser)


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
