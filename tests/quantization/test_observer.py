"""A format's fraction is the one that loses least on the values seen."""

import numpy as np
import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.quantization.observer import PowerOfTwoObserver


def observer(bits: int, *, signed: bool = True, max_frac: int = 24) -> PowerOfTwoObserver:
    return PowerOfTwoObserver(bits=bits, signed=signed, symmetric=False, max_frac=max_frac)


def loss(values: torch.Tensor, format_: FixedPoint) -> float:
    integers = (values.double() / format_.scale).round().clamp(format_.low, format_.high)
    return float((integers * format_.scale - values.double()).square().sum())


@settings(max_examples=draws(60))
@given(bits=st.integers(2, 8), signed=st.booleans(), seed=st.integers(0, 2**32), size=st.integers(-6, 6))
def test_no_other_fraction_loses_less(bits: int, signed: bool, seed: int, size: int) -> None:
    values = torch.from_numpy(np.random.default_rng(seed).normal(size=50).astype(np.float32)) * 2.0**size
    watching = observer(bits, signed=signed)
    watching(values[:20])
    watching(values[20:])
    losses = {frac: loss(values, FixedPoint(bits=bits, signed=signed, frac=frac)) for frac in range(-8, 25)}
    assert losses[watching.chosen().frac] <= min(losses.values()) * (1 + 1e-5)


def test_the_values_pass_unchanged() -> None:
    values = torch.tensor([0.3, -7.7])
    assert torch.equal(observer(4)(values), values)


def test_the_fraction_stays_at_its_limit() -> None:
    watching = observer(16, max_frac=4)
    watching(torch.tensor([0.001, -0.002]))
    assert watching.chosen().frac <= 4


@pytest.mark.parametrize(("bits", "signed", "frac"), [(8, False, 8), (8, True, 7), (7, True, 6)])
def test_zeros_alone_get_the_grid_of_values_up_to_1(bits: int, signed: bool, frac: int) -> None:
    watching = observer(bits, signed=signed)
    watching(torch.zeros(10))
    assert watching.chosen().frac == frac


def test_zeros_alone_keep_to_the_limit() -> None:
    watching = observer(16, max_frac=4)
    watching(torch.zeros(10))
    assert watching.chosen().frac == 4


def test_zeros_among_other_values_change_nothing() -> None:
    watching, without = observer(8), observer(8)
    values = torch.tensor([3.0, -2.5])
    watching(torch.zeros(10))
    watching(values)
    without(values)
    assert watching.chosen() == without.chosen()


def test_torchao_gets_the_scale_and_a_zero_point_of_zero() -> None:
    watching = observer(8)
    watching(torch.tensor([0.9, -0.4]))
    scale, zero = watching.calculate_qparams()
    assert (scale.tolist(), scale.dtype) == ([watching.chosen().scale], torch.float32)
    assert (zero.tolist(), zero.dtype) == ([0], torch.int32)
