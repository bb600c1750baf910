"""The measures of float logits."""

import math

import pytest
import torch

from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.margin import CRITERION as MARGIN
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.measures import MEASURES, measure

HALVES = torch.tensor([[0.0, 0.0], [50.0, 0.0]]).double()


def test_top1_measures_the_largest_probability() -> None:
    assert measure(TOP1, HALVES)[0] == 0.5


def test_entropy_is_in_nats() -> None:
    assert measure(ENTROPY, HALVES)[0] == pytest.approx(math.log(2), rel=1e-15)


def test_the_margin_is_between_the_two_largest_logits_wherever_they_stand() -> None:
    logits = torch.tensor([[7.0, 5.5, -9.0], [-9.0, 5.5, 7.0], [3.0, 3.0, 1.0]])
    assert measure(MARGIN, logits).tolist() == [1.5, 1.5, 0]
    assert measure(MARGIN, logits[:, :2]).tolist() == [1.5, 14.5, 0]


def test_one_class_has_no_margin() -> None:
    with pytest.raises(FpgaEeError, match="logits of one class have no margin: a network needs two classes"):
        measure(MARGIN, torch.zeros(4, 1))


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_measure_is_one_number_a_sample_of_the_same_type(name: str, dtype: torch.dtype) -> None:
    measured = MEASURES[name](torch.randn(7, 3, dtype=dtype))
    assert (measured.shape, measured.dtype) == ((7,), dtype)
