"""A family of FPGAs is one file, and a board's part tells its family."""

from dataclasses import replace
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga import families
from fpga_ee.hardware.fpga.boards import load
from fpga_ee.hardware.fpga.families import FAMILIES, MODELLED, family_of, modelled_family_of
from fpga_ee.hardware.tools.sources import AREA


def test_a_file_is_a_family_of_its_name() -> None:
    files = {path.stem for path in Path(families.__file__).parent.glob("[a-z]*.py")}
    assert set(FAMILIES) == files == {"ecp5", "xc7", "xcup"}


def test_the_resource_model_has_coefficients_for_the_families_that_it_knows() -> None:
    assert set(MODELLED) == {"xc7", "xcup"}
    for family in MODELLED.values():
        assert (AREA / str(family.coefficients)).is_file()
        assert family.lut_memory is not None


@pytest.mark.parametrize(
    ("board", "family"),
    [
        ("zc706", "xc7"),
        ("pynq-z2", "xc7"),
        ("ultra96-v2", "xcup"),
        ("zcu104", "xcup"),
        ("alveo-u250", "xcup"),
        ("ecp5-85f", "ecp5"),
    ],
)
def test_a_boards_part_tells_its_family(board: str, family: str) -> None:
    assert family_of(load(board)) is FAMILIES[family]


def test_a_part_of_no_family_is_refused() -> None:
    unknown = replace(load("zc706"), name="MAX 10", part="10M50DAF484")
    with pytest.raises(FpgaEeError, match=r"MAX 10 has a 10M50DAF484, .* begins with LFE5, XC7, XCZU"):
        family_of(unknown)


def test_the_resource_model_refuses_a_family_that_it_does_not_know() -> None:
    assert modelled_family_of(load("zcu104")) is FAMILIES["xcup"]
    with pytest.raises(FpgaEeError, match=r"which our resource model does not know: .* xc7 or xcup"):
        modelled_family_of(load("ecp5-85f"))
