"""The families of FPGAs. Each is one file, with a ``FAMILY``."""

from fpga_ee.discovery import modules_in
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.fpga.family import Family

FAMILIES: dict[str, Family] = {module.FAMILY.name: module.FAMILY for module in modules_in(__name__, __path__)}
"""All families that designs are synthesised for, by name."""

MODELLED = {name: family for name, family in FAMILIES.items() if family.coefficients is not None}
"""The families that the resource model knows."""


def family_of(board: Board) -> Family:
    """Find the family of a board's FPGA.

    Raises:
        FpgaEeError: The board's FPGA is of none of the families.
    """
    part = board.part.upper()
    for family in FAMILIES.values():
        if part.startswith(family.part_prefixes):
            return family
    prefixes = ", ".join(prefix for family in FAMILIES.values() for prefix in family.part_prefixes)
    raise FpgaEeError(
        f"{board.name} has a {board.part}, which is not synthesised for: choose a board whose part begins "
        f"with {prefixes}"
    )


def modelled_family_of(board: Board) -> Family:
    """Find the family of a board's FPGA, for the resource model.

    Raises:
        FpgaEeError: The board's FPGA is of no family that the resource model knows.
    """
    family = family_of(board)
    if family.name not in MODELLED:
        raise FpgaEeError(
            f"{board.name} has a {board.part}, which our resource model does not know: choose a "
            f"board of the families {' or '.join(MODELLED)}; `fpga-ee hw-estimate` without --target takes any"
        )
    return family
