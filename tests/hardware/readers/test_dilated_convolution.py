"""A dilated convolution is one of a larger window."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.readers.dilated_convolution import reach, undilated


@pytest.mark.parametrize("dilations", [(1, 1), (2, 1), (1, 3), (3, 2)])
def test_it_gives_the_numbers_of_pytorch(dilations: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    weight, images = rng.integers(-63, 64, (4, 2, 3, 2)), rng.integers(0, 256, (2, 4, 12, 11))
    given, larger = torch.from_numpy(weight), torch.from_numpy(undilated(weight, dilations))
    assert tuple(larger.shape[2:]) == reach((3, 2), dilations)
    window = {"stride": (2, 1), "groups": 2}
    expected = functional.conv2d(torch.from_numpy(images), given, dilation=dilations, **window)
    assert torch.equal(functional.conv2d(torch.from_numpy(images), larger, **window), expected)


def test_one_of_too_many_weights_is_refused() -> None:
    with pytest.raises(FpgaEeError, match=r"with dilations \[255, 255\] it has 196,608,000 weights"):
        undilated(np.ones((3000, 1, 2, 2), np.int8), (255, 255))


@pytest.mark.parametrize("dilations", [(0, 1), (1, -2)])
def test_a_dilation_below_1_is_refused(dilations: tuple[int, int]) -> None:
    with pytest.raises(FpgaEeError, match=r"dilations \[.*\] cannot be: they are 1 at least"):
        undilated(np.ones((1, 1, 2, 2), np.int8), dilations)
