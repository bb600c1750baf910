"""An accelerator comes with the modules of the library that it can use, no others, each with its licence."""

import re
import shutil
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate
from fpga_ee.hardware.diagram.verilog import LICENCE
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation import harness
from fpga_ee.hardware.synthesis import route
from fpga_ee.hardware.synthesis.route import behind_pins
from fpga_ee.hardware.synthesis.synthesise import elaborated
from fpga_ee.hardware.tools import sources as library
from fpga_ee.hardware.tools import yosys
from fpga_ee.hardware.tools.sources import BOARD, LIBRARY, instances, modules, needed
from fpga_ee.hardware.tools.workplace import workplace
from fpga_ee.shipped import HARDWARE

ADDITIONS = Design({"backbone.0.layer.0": Folding(1, 5, 1, 25)}, 2)
COPIES = Design({}, 2, {"stage.0": 3})


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
    with pytest.raises(FpgaEeError, match="has no module accelerator: the installation is incomplete"):
        needed(["accelerator"])
    commented = tmp_path / "commented.sv"
    commented.write_text(
        "/* linear #(\n */ module commented; // products #(\n  stream_fifo\n  #(.WIDTH(1)) queue ();"
    )
    assert instances(commented) == {"stream_fifo"}


def listed(exported: Path, plan: Design, folder: Path) -> set[str]:
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


@pytest.mark.parametrize("missing", ["*.sv", "conditional_buffer.sv", "product_pair.sv"])
def test_where_a_module_is_missing_nothing_is_written(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Of an incomplete installation; one that a design has itself, or that stands inside of another."""
    incomplete = Path(shutil.copytree(LIBRARY, tmp_path / "library"))
    for path in incomplete.glob(missing):
        path.unlink()
    monkeypatch.setattr(library, "LIBRARY", incomplete)
    with pytest.raises(FpgaEeError, match=r"has no module .*: the installation is incomplete"):
        generate(exported, ADDITIONS, tmp_path / "rtl")
    assert not (tmp_path / "rtl").exists()


def test_where_the_pins_are_missing_it_is_told(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diagram = generate(exported, ADDITIONS, tmp_path).diagram
    monkeypatch.setattr(route, "BOARD", tmp_path / "none")
    with pytest.raises(FpgaEeError, match=r"cannot read .*serial_pins\.sv: No such file"):
        behind_pins(diagram)


def test_where_the_harness_is_missing_it_is_told_before_anything_is_written(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diagram = generate(exported, ADDITIONS, tmp_path / "rtl").diagram
    monkeypatch.setattr(harness, "HARNESS", tmp_path / "none")
    with pytest.raises(FpgaEeError, match=r"harness\.cpp, .* is missing: the installation is incomplete"):
        harness.build(diagram, tmp_path / "rtl", tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_every_file_of_the_hardware_names_its_licence() -> None:
    comments = {".sv": "// ", ".cpp": "// ", ".toml": "# "}
    files = [path for path in HARDWARE.rglob("*") if path.suffix in comments]
    assert len(files) > 40
    for path in files:
        licence = LICENCE.strip().replace("// ", comments[path.suffix])
        assert path.read_text().startswith(licence + "\n"), path


def test_every_source_that_is_generated_names_its_licence(exported: Path, tmp_path: Path) -> None:
    diagram = generate(exported, ADDITIONS, tmp_path).diagram
    for path in tmp_path.glob("*.sv"):
        assert path.read_text().startswith(LICENCE), path.name
    assert "SPDX-License-Identifier: Apache-2.0" in (tmp_path / "README.md").read_text()
    assert harness._probes(diagram).startswith(LICENCE)


@pytest.mark.parametrize("plan", [ADDITIONS, COPIES, Design({}, 2)])
def test_no_module_is_missing_for_an_accelerator_behind_pins(
    exported: Path, tmp_path: Path, plan: Design
) -> None:
    top = behind_pins(generate(exported, plan, tmp_path).diagram)
    with workplace(tmp_path, "synthesis") as work:
        reading = elaborated(tmp_path, work, ECP5, top.module, top.parameters, top.sources)
        yosys.run([*reading, "hierarchy -check"], work, work / "yosys.log")
