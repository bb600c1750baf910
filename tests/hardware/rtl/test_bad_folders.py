"""Accelerator folders that cannot be used are refused with one message, before any tool starts."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from fpga_ee import cli_rtl
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.rtl import route_step, synthesise_step
from fpga_ee.hardware.rtl import verilator, yosys
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.generate import generate, load
from fpga_ee.hardware.rtl.harness import Run
from fpga_ee.hardware.rtl.nextpnr import Goal
from fpga_ee.hardware.rtl.simulate import simulate, wave

MEMORY = "backbone_0_layer_0.weights.hex"
IMAGES = np.zeros((1, 28, 28, 1), np.uint8)


@pytest.fixture(scope="module")
def generated(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rtl")
    generate(exported, Plan({}, 2), folder)
    return folder


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    """A copy to be broken."""
    return shutil.copytree(generated, tmp_path / "rtl")


@pytest.fixture(autouse=True)
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling and synthesising come after the checks, so a test that gets there has failed."""

    def started(*_: object) -> None:
        pytest.fail("a tool was started")

    monkeypatch.setattr(verilator, "build", started)
    monkeypatch.setattr(yosys, "run", started)


Verb = Callable[[Path, Path], object]

VERBS: dict[str, Verb] = {
    "simulate": lambda build, folder: simulate(build, folder, IMAGES),
    "wave": lambda build, folder: wave(build, folder, IMAGES[0]),
    "synth xc7": lambda build, folder: synthesise_step(build, folder, "xc7"),
    "synth ecp5": lambda build, folder: synthesise_step(build, folder, "ecp5"),
    "route": lambda build, folder: route_step(build, folder, Goal("LFE5U-85F-6BG381", 80.0), print),
}


def refused(verb: str, build: Path, folder: Path) -> str:
    with pytest.raises(FpgaEeError) as error:
        VERBS[verb](build, folder)
    return str(error.value)


def wide(lines: list[str]) -> list[str]:
    return [f"0{lines[0]}", *lines[1:]]


BROKEN: dict[str, Callable[[list[str]], list[str]]] = {
    "too long": lambda lines: [*lines, lines[0]],
    "too short": lambda lines: lines[:-1],
    "empty": lambda _: [],
    "too wide": wide,
    "too narrow": lambda lines: [lines[0][1:], *lines[1:]],
    "no number": lambda lines: [*lines[:-1], "z" * len(lines[0])],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_memory_of_another_size_is_refused(exported: Path, folder: Path, broken: str) -> None:
    path = folder / MEMORY
    path.write_text("".join(f"{line}\n" for line in BROKEN[broken](path.read_text().split())))
    with pytest.raises(FpgaEeError, match=f"{re.escape(str(path))} (has|is not) .*: generate again"):
        load(exported, folder)


def test_a_memory_that_is_not_text_is_refused(exported: Path, folder: Path) -> None:
    (folder / MEMORY).write_bytes(b"\xff\xfe\n" * len((folder / MEMORY).read_text().split()))
    with pytest.raises(FpgaEeError, match=f"line 1 of {re.escape(str(folder / MEMORY))} is not "):
        load(exported, folder)


def test_a_memory_that_holds_other_numbers_is_read(exported: Path, folder: Path) -> None:
    path = folder / MEMORY
    path.write_text(re.sub("[0-9a-f]", "F", path.read_text()))
    assert load(exported, folder).diagram.memories


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", [MEMORY, "accelerator.sv", "linear.sv", "files.f"])
def test_a_missing_file_is_named(exported: Path, folder: Path, verb: str, name: str) -> None:
    (folder / name).unlink()
    message = refused(verb, exported, folder)
    assert name in message
    assert str(folder) in message
    assert "generate" in message


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_list_that_is_not_text_is_refused(exported: Path, folder: Path, verb: str) -> None:
    (folder / "files.f").write_bytes(b"\xff\xfe")
    assert f"cannot read {folder / 'files.f'}: " in refused(verb, exported, folder)


@pytest.mark.parametrize(
    ("verb", "work"),
    [
        ("simulate", "simulation"),
        ("wave", "waveform"),
        ("synth xc7", "synthesis"),
        ("synth ecp5", "synthesis"),
        ("route", "synthesis"),
        ("route", "routed"),
    ],
)
def test_a_file_where_a_folder_should_be_is_refused(
    exported: Path, folder: Path, verb: str, work: str
) -> None:
    (folder / work).write_text("in the way")
    assert f"cannot write {folder / work}: " in refused(verb, exported, folder)


def program(folder: Path, body: str) -> Path:
    """A program in place of the compiled one."""
    work = folder / "simulation"
    work.mkdir()
    path = work / "program"
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)
    return path


def test_what_a_simulation_says_before_it_fails_is_the_message(exported: Path, folder: Path) -> None:
    said = program(folder, "print('1\\n%Error: a.hex:3: $readmem file address beyond bounds'); exit(1)")
    counts: list[int] = []
    run = Run(folder, load(exported, folder).diagram)
    with pytest.raises(FpgaEeError, match=r"the simulation of .* fails: %Error: a\.hex:3: \$readmem file"):
        run(said, IMAGES, advance=counts.append)
    assert counts == [1]


def test_a_simulation_that_says_what_is_not_text_is_one_message(exported: Path, folder: Path) -> None:
    said = program(folder, "import sys; sys.stdout.buffer.write(b'\\xff\\n')")
    with pytest.raises(FpgaEeError, match=r"the simulation of .* fails: "):
        Run(folder, load(exported, folder).diagram)(said, IMAGES)


@pytest.mark.parametrize("verb", ["hw-simulate", "hw-route"])
@pytest.mark.parametrize("clock", ["0", "-5", "nan", "inf"])
def test_a_clock_that_is_none_is_refused(tmp_path: Path, verb: str, clock: str) -> None:
    app = typer.Typer()
    cli_rtl.register(app)
    result = CliRunner().invoke(app, [verb, str(tmp_path), "--clock", clock])
    assert result.exit_code == 2, result.output
    assert "Invalid value for '--clock'" in result.output
