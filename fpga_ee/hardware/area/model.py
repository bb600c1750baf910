"""Resources of a diagram on an FPGA of AMD, as Yosys would count them, but without synthesis."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Annotated

from annotated_types import Interval

from fpga_ee.files.schemas import excerpt, read_record
from fpga_ee.hardware.diagram.diagram import Diagram
from fpga_ee.hardware.diagram.module import LibraryModule, tree
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.tools.sources import AREA


def diagram_area(diagram: Diagram, family: Family) -> dict[str, Resources]:
    """Count the resources of a diagram, by module of the library, as ``hw-synth`` counts them.

    Args:
        diagram: The accelerator.
        family: The family of the FPGA.

    Returns:
        The resources of all instances of each module together, without the modules inside them.

    Raises:
        FpgaEeError: The coefficients of the model cannot be read.
    """
    areas: dict[str, Resources] = {TOP: Resources()}
    # Copies of a stage are equal modules.
    for module, count in Counter(block.module for block in diagram.blocks).items():
        for name, takes in inner_areas(module, family).items():
            areas[name] = areas.get(name, Resources()) + takes * count
        # One comparison serves all copies of a decision.
        areas[TOP] += module.BESIDE
    return areas


def module_area(module: LibraryModule, family: Family) -> Resources:
    """Count the resources of a module with all modules inside it, and those of the top module for it.

    Raises:
        FpgaEeError: As :func:`diagram_area`.
    """
    return sum(inner_areas(module, family).values(), module.BESIDE)


def inner_areas(module: LibraryModule, family: Family) -> dict[str, Resources]:
    """Count the resources of a module and of each module inside it, by name, each without its inner modules.

    Raises:
        FpgaEeError: As :func:`diagram_area`.
    """
    areas: dict[str, Resources] = {}
    for inner, count in tree(module, family):
        takes = own_area(inner, family) * count
        areas[inner.NAME] = areas.get(inner.NAME, Resources()) + takes
    return areas


def own_area(module: LibraryModule, family: Family) -> Resources:
    """Count the resources of a module without the modules inside it.

    Raises:
        FpgaEeError: As :func:`diagram_area`.
    """
    return module.terms(family).resources(_coefficients(family.coefficients).get(module.NAME, {}))


@excerpt
class _Fit:
    """The part of a fit's file that is read."""

    coefficients: Mapping[str, Mapping[str, Annotated[float, Interval(ge=0, le=1_000_000)]]]


@cache
def _coefficients(file: str | None) -> Mapping[str, Mapping[str, float]]:
    assert file is not None  # noqa: S101 - the caller has chosen a family that the model knows
    fit = read_record(
        _Fit, AREA / file, "a fit of the area model", "make it with `python benchmarks/area.py fit`"
    )
    return fit.coefficients
