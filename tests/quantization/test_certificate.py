"""The certificate's figures are exactly the worst case of each layer; over a bound a layer is refused."""

import itertools

import numpy as np
import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.errors import FpgaEeError
from fpga_ee.quantization.certificate import (
    ACCUMULATOR_LIMIT,
    PAIR_LIMIT,
    LayerCertificate,
    certify,
)

U8 = FixedPoint(bits=8, signed=False, frac=8)
S8 = FixedPoint(bits=8, signed=True, frac=4)
S32 = FixedPoint(bits=32, signed=True, frac=12)


BYTES = FixedPoint(bits=8, signed=True, frac=6)
"""Weights in int8 that fill its range, as no export has them."""


def layer_formats(source: FixedPoint, weight: FixedPoint = BYTES) -> LayerFormats:
    return LayerFormats(input=source, weight=weight, bias=S32, output=source)


def certificate_of(
    weight: NDArray[np.int8], bias: NDArray[np.int32] | None = None, source: FixedPoint = U8
) -> LayerCertificate:
    integers = {"layer.weight": torch.from_numpy(weight)}
    if bias is not None:
        integers["layer.bias"] = torch.from_numpy(bias)
    (certificate,) = certify({"layer": layer_formats(source)}, integers)
    return certificate


sources = st.builds(FixedPoint, bits=st.integers(2, 8), signed=st.booleans(), frac=st.just(4))


@settings(max_examples=draws(100))
@given(source=sources, taps=st.integers(1, 4), channels=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_the_accumulator_is_the_largest_that_any_input_gives(
    source: FixedPoint, taps: int, channels: int, seed: int
) -> None:
    """A sum of products is largest in magnitude where every input is at an end of its range."""
    random = np.random.default_rng(seed)
    weight = random.integers(-31, 32, size=(channels, taps)).astype(np.int8)
    bias = random.integers(-1000, 1000, size=channels).astype(np.int32)
    inputs = np.array(list(itertools.product((source.low, 0, source.high), repeat=taps)))
    reached = int(np.abs(inputs @ weight.T.astype(int) + bias).max())

    certified = certificate_of(weight, bias, source).largest_accumulator

    assert certified >= reached
    # With signs that all agree, no input is needed that the range does not have: it is reached.
    agreeing = certificate_of(np.abs(weight), np.abs(bias), FixedPoint(source.bits, signed=False, frac=4))
    top = FixedPoint(source.bits, signed=False, frac=4).high
    assert agreeing.largest_accumulator == int(
        (np.abs(weight).astype(int).sum(axis=1) * top + np.abs(bias)).max()
    )


@settings(max_examples=draws(100))
@given(source=sources, taps=st.integers(1, 6), channels=st.integers(1, 3), seed=st.integers(0, 2**32))
def test_the_pair_is_the_largest_of_any_two_taps_of_a_channel(
    source: FixedPoint, taps: int, channels: int, seed: int
) -> None:
    weight = np.random.default_rng(seed).integers(-60, 61, size=(channels, taps)).astype(np.int8)
    # Kernels see signed bytes shifted up by 128.
    largest = source.high + (128 if source.signed else 0)
    magnitudes = np.abs(weight.astype(int))
    pairs = [
        row[i] + (row[j] if j != i else 0)
        for row in magnitudes
        for i, j in itertools.combinations_with_replacement(range(taps), 2)
    ]
    assert certificate_of(weight, source=source).largest_pair == max(pairs) * largest


@pytest.mark.parametrize("shape", [(4, 3, 5, 5), (6, 1, 3, 3), (4, 100)])
def test_every_kind_of_layer_is_measured_by_output_channel(shape: tuple[int, ...]) -> None:
    """(6, 1, 3, 3) is a grouped convolution: each of its channels sums over its own group only."""
    weight = np.random.default_rng(1).integers(-50, 51, size=shape).astype(np.int8)
    expected = np.abs(weight.astype(int)).reshape(shape[0], -1).sum(axis=1).max() * 255
    assert certificate_of(weight).largest_accumulator == expected


def a_sum_of(total: int) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """A layer whose largest accumulator is ``total``: 1,000 weights of 63, and the rest in its bias."""
    weight = np.full((1, 1000), 63, np.int8)
    return weight, np.array([total - 1000 * 63 * 255], np.int32)


def test_an_accumulator_just_below_the_bound_is_accepted() -> None:
    assert certificate_of(*a_sum_of(ACCUMULATOR_LIMIT - 1)).largest_accumulator == ACCUMULATOR_LIMIT - 1


def test_an_accumulator_at_the_bound_is_refused_by_name_and_number() -> None:
    with pytest.raises(FpgaEeError, match=r"^layer: an accumulator could reach 16,777,216 steps"):
        certificate_of(*a_sum_of(ACCUMULATOR_LIMIT))


def test_a_negative_bias_counts_by_its_magnitude() -> None:
    weight, bias = a_sum_of(ACCUMULATOR_LIMIT)
    with pytest.raises(FpgaEeError, match="16,777,216"):
        certificate_of(weight, -bias)


def test_bias_at_the_end_of_int32_does_not_wrap_around() -> None:
    with pytest.raises(FpgaEeError, match="2,147,483,648"):
        certificate_of(np.zeros((1, 2), np.int8), np.array([-(2**31)], np.int32))


def test_a_pair_just_below_the_bound_is_accepted() -> None:
    assert certificate_of(np.array([[64, -64]], np.int8)).largest_pair == 128 * 255 <= PAIR_LIMIT


def test_a_pair_above_the_bound_is_refused_by_name_and_number() -> None:
    with pytest.raises(FpgaEeError, match=r"^layer: two products could add up to 32,895, .* above 32,767"):
        certificate_of(np.array([[65, -64]], np.int8))


def test_the_pair_need_not_be_neighbours() -> None:
    with pytest.raises(FpgaEeError, match="32,895"):
        certificate_of(np.array([[65, 0, 0, 64]], np.int8))


def test_weights_of_different_channels_are_no_pair() -> None:
    assert certificate_of(np.array([[100, 1], [1, 100]], np.int8)).largest_pair == 101 * 255


def test_seven_weight_bits_never_break_the_pair_bound() -> None:
    for source in (U8, S8):
        assert certificate_of(np.full((1, 2), -63, np.int8), source=source).largest_pair <= PAIR_LIMIT


def test_weights_of_eight_bits_have_no_pairs_because_files_hold_them_in_sixteen() -> None:
    formats = layer_formats(U8, FixedPoint(bits=8, signed=True, frac=6, symmetric=True))
    (certificate,) = certify({"layer": formats}, {"layer.weight": torch.tensor([[127, -127]])})
    assert (certificate.largest_accumulator, certificate.largest_pair) == (254 * 255, 0)


def test_every_layer_is_certified_and_the_broken_one_is_named() -> None:
    good, broken = torch.tensor([[1]], dtype=torch.int8), torch.tensor([[127, 127]], dtype=torch.int8)
    layers = {"first": layer_formats(U8), "second": layer_formats(U8)}
    assert [each.layer for each in certify(layers, {"first.weight": good, "second.weight": good})] == [
        "first",
        "second",
    ]
    with pytest.raises(FpgaEeError, match=r"^second: "):
        certify(layers, {"first.weight": good, "second.weight": broken})
