"""An accelerator comes with the modules of the library that it can use, and no others."""

import re
from pathlib import Path

import pytest

from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.rtl import yosys
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.generate import generate
from fpga_ee.hardware.rtl.library import BOARD, instances, modules, needed
from fpga_ee.hardware.rtl.route import behind_pins
from fpga_ee.hardware.rtl.synth import elaborated
from fpga_ee.hardware.rtl.workplace import workplace

ADDITIONS = Plan({"backbone.0.layer.0": Folding(1, 5, 1, 25)}, 2)
COPIES = Plan({}, 2, {"stage.0": 3})


@pytest.mark.parametrize("path", [*modules(), BOARD / "serial_pins.sv"], ids=lambda path: path.stem)
def test_every_instance_in_the_library_is_found(path: Path) -> None:
    """With parameters or without: a module's name before a name is an instance."""
    code = "\n".join(line.partition("//")[0] for line in path.read_text().splitlines())
    library = {module.stem for module in modules()}
    named = set(re.findall(r"\b(\w+)\s+(?:#|\w+\s*\()", code)) & library
    assert instances(path) & library | {path.stem} == named | {path.stem}


def test_modules_inside_of_modules_are_found(tmp_path: Path) -> None:
    assert [path.stem for path in needed(["exit_merge"])] == ["exit_merge", "word_select"]
    deep = {path.stem for path in needed(["convolution"])}
    assert deep >= {"convolution", "sliding_window", "linear", "products", "product_pair", "adder_tree"}
    assert needed(["accelerator"]) == []
    commented = tmp_path / "commented.sv"
    commented.write_text(
        "/* linear #(\n */ module commented; // products #(\n  stream_fifo\n  #(.WIDTH(1)) queue ();"
    )
    assert instances(commented) == {"stream_fifo"}


def listed(exported: Path, plan: Plan, folder: Path) -> set[str]:
    generate(exported, plan, folder)
    names = (folder / "files.f").read_text().split()
    assert sorted(names) == sorted(path.name for path in folder.glob("*.sv"))
    return {Path(name).stem for name in names}


def test_only_those_that_a_design_can_use_are_copied(exported: Path, tmp_path: Path) -> None:
    unused = {path.stem for path in modules()} - listed(exported, ADDITIONS, tmp_path)
    assert unused >= {"exit_decision_entropy", "sample_collector", "sample_distributor", "stream_widen"}


def test_those_of_the_previous_design_are_removed(exported: Path, tmp_path: Path) -> None:
    assert "sample_distributor" in listed(exported, COPIES, tmp_path)
    assert "sample_distributor" not in listed(exported, ADDITIONS, tmp_path)


@pytest.mark.parametrize("plan", [ADDITIONS, COPIES, Plan({}, 2)])
def test_no_module_is_missing_for_an_accelerator_behind_pins(
    exported: Path, tmp_path: Path, plan: Plan
) -> None:
    top = behind_pins(generate(exported, plan, tmp_path).diagram)
    with workplace(tmp_path, "synthesis") as work:
        reading = elaborated(tmp_path, work, "ecp5", top.module, top.parameters, top.sources)
        yosys.run([*reading, "hierarchy -check"], work, work / "yosys.log")
