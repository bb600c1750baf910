"""What a diagram takes of an FPGA of AMD's, as Yosys would count it, without synthesis."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated

from annotated_types import Interval

from fpga_ee.files.schemas import excerpt, read_record
from fpga_ee.hardware.area.instances import Instance, Memory, tree
from fpga_ee.hardware.area.modules import terms
from fpga_ee.hardware.diagram.diagram import MULTIPLIER_BITS, Block, Diagram
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.memories import word_bits
from fpga_ee.hardware.tools.sources import AREA

_COMPARED = Resources(lut=3)
"""What the top module takes for each exit whose threshold can be written."""


def diagram_area(diagram: Diagram, family: Family) -> dict[str, Resources]:
    """What a diagram takes, by module of the library as ``hw-synth`` counts them.

    Args:
        diagram: The accelerator.
        family: Of the FPGA.

    Returns:
        All instances of each module together, without the modules inside of them.

    Raises:
        FpgaEeError: The model does not know a module, or its coefficients cannot be read.
    """
    kinds = Counter(_key(block) for block in diagram.blocks)
    blocks = {_key(block): block for block in diagram.blocks}
    areas: dict[str, Resources] = {TOP: Resources()}
    for key, block in blocks.items():
        for module, takes in module_areas(block, diagram.memories, diagram.constants, family).items():
            areas[module] = areas.get(module, Resources()) + takes * kinds[key]
        # One comparison serves all copies of a decision.
        areas[TOP] += beside(block)
    return areas


def beside(block: Block) -> Resources:
    """What the top module takes for a block."""
    return _COMPARED if "bound_write" in block.ports else Resources()


def block_area(
    block: Block, memories: Mapping[str, list[str]], constants: Mapping[str, str], family: Family
) -> Resources:
    """What one block takes, with everything inside of it.

    Args:
        block: The block.
        memories: Lines of the diagram's memory images, by file.
        constants: Constants of the diagram's top module, as Verilog.
        family: Of the FPGA.

    Raises:
        FpgaEeError: As :func:`diagram_area`.
    """
    return sum(module_areas(block, memories, constants, family).values(), Resources())


def module_areas(
    block: Block, memories: Mapping[str, list[str]], constants: Mapping[str, str], family: Family
) -> dict[str, Resources]:
    """What the modules of a block take, each without those inside of it.

    Raises:
        FpgaEeError: As :func:`diagram_area`.
    """
    areas: dict[str, Resources] = {}
    for instance, count in tree(_instance(block, memories, constants, family)):
        takes = instance_area(instance, family) * count
        areas[instance.module] = areas.get(instance.module, Resources()) + takes
    return areas


def instance_area(instance: Instance, family: Family) -> Resources:
    """What one module takes, without the modules inside of it.

    Raises:
        FpgaEeError: As :func:`diagram_area`.
    """
    structure = terms(instance, family)
    return structure.resources(_coefficients(family.coefficients).get(instance.module, {}))


def _key(block: Block) -> tuple[str, tuple[tuple[str, object], ...]]:
    """What two blocks have in common that are the same hardware: copies read the same memories."""
    return block.module, tuple(sorted({**block.parameters, **block.named}.items(), key=str))


def _instance(
    block: Block, memories: Mapping[str, list[str]], constants: Mapping[str, str], family: Family
) -> Instance:
    numbers = {name: value for name, value in block.parameters.items() if isinstance(value, int)}
    if block.module in {"linear", "convolution"}:
        numbers |= {MULTIPLIER_BITS: family.multiplier_bits, "CONSTANT_WEIGHTS": 0}
    if "CONSTANT_WEIGHTS" in block.named:
        numbers["CONSTANT_WEIGHTS"] = _number(constants[block.named["CONSTANT_WEIGHTS"]])
    images = {
        name: _memory(memories[file], word_bits(name, numbers))
        for name, file in block.parameters.items()
        if isinstance(file, str)
    }
    return Instance(block.module, numbers, images)


def _number(verilog: str) -> int:
    """A constant such as ``12'h3ff``."""
    return int(verilog.partition("'h")[2], 16)


def _memory(lines: Iterable[str], width: int) -> Memory:
    return Memory(tuple(int(line, 16) for line in lines), width)


@excerpt
class _Fit:
    """What is read of the fit."""

    coefficients: Mapping[str, Mapping[str, Annotated[float, Interval(ge=0, le=1_000_000)]]]


@cache
def _coefficients(file: str | None) -> Mapping[str, Mapping[str, float]]:
    assert file is not None  # noqa: S101 - the caller has chosen a family that the model knows
    fit = read_record(
        _Fit, AREA / file, "a fit of the area model", "make it with `python benchmarks/area.py fit`"
    )
    return fit.coefficients
