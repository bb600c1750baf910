"""Counts the resources of single modules, many of them in one synthesis."""

from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.area.sweep import Case, modules_of_one_kind
from fpga_ee.hardware.design.folder import FILE_LIST
from fpga_ee.hardware.diagram.module import LibraryModule, Parameter, parameters
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.memory_image import Image, TopConstant
from fpga_ee.hardware.synthesis.synthesise import (
    WORK,
    ModuleCount,
    counted,
    elaborated,
    read_statistics,
)
from fpga_ee.hardware.tools import yosys
from fpga_ee.hardware.tools.sources import modules
from fpga_ee.hardware.tools.workplace import workplace

_TOP = "cases"
_STATISTICS = "counts.json"


def measure(cases: Sequence[Case], folder: Path, family: Family) -> list[dict[str, list[int]]]:
    """Synthesise modules side by side, each as in a design that keeps its modules apart.

    Args:
        cases: The modules.
        folder: The folder for sources, memories and Yosys's files.
        family: The family of FPGAs.

    Returns:
        For every case, the resources of each module in it that occurs with one set of parameters, without the
        modules inside: LUT, FF, DSP and BRAM.

    Raises:
        FpgaEeError: Yosys is missing or fails.
    """
    sources = [path.name for path in modules()]
    for path in modules():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / FILE_LIST).write_text("\n".join([*sources, f"{_TOP}.sv"]), encoding="utf-8")
    text = _cases([case.made() for case in cases], folder, family.multiplier_bits)
    (folder / f"{_TOP}.sv").write_text(text, encoding="utf-8")
    statistics = f"tee -q -o {_STATISTICS} stat -json"
    with workplace(folder, WORK) as work:
        commands = [*elaborated(folder, work, family, _TOP), family.synthesis_command, statistics]
        yosys.run(commands, work, work / "yosys.log")
        counts = read_statistics(work / _STATISTICS)
    return [
        _single(case, family, counted(counts, family, f"case_{index}")) for index, case in enumerate(cases)
    ]


def _single(case: Case, family: Family, counts: Sequence[ModuleCount]) -> dict[str, list[int]]:
    kinds = modules_of_one_kind(case, family)
    found = {}
    for count in counts:
        if count.module in kinds:
            # The model of the modules inside must agree with Yosys, or no count can be divided.
            if kinds[count.module][1] != count.instances:
                raise FpgaEeError(
                    f"{case.module} holds {count.instances} {count.module}, not {kinds[count.module][1]}"
                )
            found[count.module] = [value // count.instances for value in astuple(count.resources)]
    return found


def _cases(modules_: Sequence[LibraryModule], folder: Path, multiplier_bits: int) -> str:
    """Write a module around each module, and one around all.

    Yosys keeps instances whose outputs nobody reads.
    """
    text = []
    for index, module in enumerate(modules_):
        values = [f".{name}({multiplier_bits})" for name in module.FROM_TOP]
        for name, value in parameters(module).items():
            values.append(f".{name}({_value(value, f'case_{index}_{name.lower()}.hex', folder)})")
        text.append(
            f"module case_{index};\n(* keep *) {module.NAME} #({', '.join(values)}) it ();\nendmodule\n"
        )
    kept = "\n".join(f"(* keep *) case_{index} c{index} ();" for index in range(len(modules_)))
    return "\n".join([*text, f"module {_TOP};\n{kept}\nendmodule\n"])


def _value(value: Parameter, file: str, folder: Path) -> str:
    if isinstance(value, Image):
        (folder / file).write_text("\n".join(value.lines) + "\n", encoding="utf-8")
        return f'"{file}"'
    if isinstance(value, TopConstant):
        return value.verilog
    # A number that is wider than an integer is written with its width.
    return str(value) if abs(value) < 1 << 31 else f"{value.bit_length()}'h{value:x}"
