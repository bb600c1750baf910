"""Accelerator folders that cannot be used are refused with one message, before any tool starts."""

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.commands import fpga_ee
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import locked
from fpga_ee.flow.images import WantedImages
from fpga_ee.flow.route import route_step
from fpga_ee.flow.simulate import simulate_step
from fpga_ee.flow.synthesise import synthesise_step
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate, load, load_trusting
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.simulation.harness import Run
from fpga_ee.hardware.simulation.simulate import NO_PAUSES, simulate, wave
from fpga_ee.hardware.tools import programs, verilator, yosys
from fpga_ee.hardware.tools.nextpnr import Goal
from fpga_ee.hardware.tools.sources import LIBRARY

MEMORY = "backbone_0_layer_0.weights.hex"
IMAGES = np.zeros((1, 28, 28, 1), np.uint8)


@pytest.fixture(autouse=True)
def no_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling and synthesising come after the checks, so a test that gets there has failed."""

    def started(*_: object) -> None:
        pytest.fail("a tool was started")

    monkeypatch.setattr(verilator, "build", started)
    monkeypatch.setattr(yosys, "run", started)


Verb = Callable[[Path, Path], object]

VERBS: dict[str, Verb] = {
    "simulate": lambda build, folder: simulate(load(build, folder), folder, IMAGES),
    "wave": lambda build, folder: wave(load(build, folder), folder, IMAGES[0]),
    "synth xc7": lambda build, folder: synthesise_step(build, folder, SERIES_7),
    "synth ecp5": lambda build, folder: synthesise_step(build, folder, ECP5),
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
        load_trusting(exported, folder)


def test_a_memory_that_is_not_text_is_refused(exported: Path, folder: Path) -> None:
    (folder / MEMORY).write_bytes(b"\xff\xfe\n" * len((folder / MEMORY).read_text().split()))
    with pytest.raises(FpgaEeError, match=f"line 1 of {re.escape(str(folder / MEMORY))} is not "):
        load_trusting(exported, folder)


def test_a_memory_that_holds_other_numbers_is_read_where_its_author_is_trusted(
    exported: Path, folder: Path
) -> None:
    path = folder / MEMORY
    path.write_text(re.sub("[0-9a-f]{2}", "7F", path.read_text()))
    assert load_trusting(exported, folder).diagram.images
    with pytest.raises(FpgaEeError, match=f"{MEMORY} is not what hw-generate makes of the design: generate"):
        load(exported, folder)


def test_bits_that_a_word_does_not_have_are_refused(exported: Path, folder: Path) -> None:
    """Weights have 7 bits, and two hexadecimal digits have 8."""
    path = folder / MEMORY
    first, second, *others = path.read_text().split()
    path.write_text("\n".join([first, f"8{second[1]}", *others]) + "\n")
    with pytest.raises(
        FpgaEeError, match=f"line 2 of {re.escape(str(path))} has more than 7 bits: generate again"
    ):
        load_trusting(exported, folder)


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
    assert f"{folder / 'files.f'} is not text: " in refused(verb, exported, folder)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["accelerator.sv", "linear.sv"])
def test_a_source_that_is_not_text_is_refused(exported: Path, folder: Path, verb: str, name: str) -> None:
    (folder / name).write_bytes(b"\xff\xfe")
    message = refused(verb, exported, folder)
    assert message.startswith(f"{folder / name} is not text: ")
    assert message.endswith("; generate the accelerator again")


@pytest.mark.parametrize("verb", VERBS)
def test_a_source_that_may_not_be_read_is_refused(
    exported: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """This needs a user whom the mode of a file stops, so not root."""
    monkeypatch.setattr(os, "open", denied(folder / "accelerator.sv"))
    assert f"cannot read {folder / 'accelerator.sv'}: " in refused(verb, exported, folder)


def denied(path: Path) -> Callable[..., int]:
    """``os.open`` that one file refuses."""
    real = os.open

    def opened(name: Any, *arguments: Any, **named: Any) -> int:
        if name == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(name, *arguments, **named)

    return opened


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ("synth xc7", "synthesis_xc7.json"),
        ("synth ecp5", "synthesis_ecp5.json"),
        ("route", "routed/routed.bit"),
        ("route", "routed/routing.json"),
    ],
)
def test_a_folder_where_a_file_should_be_is_refused(
    exported: Path, folder: Path, verb: str, name: str
) -> None:
    (folder / name).mkdir(parents=True)
    assert (
        refused(verb, exported, folder)
        == f"cannot write {folder / name}: Is a directory; choose another folder"
    )


@pytest.mark.parametrize("name", ["verilator.log", "verilator", "stream_fifo.sv", "main.cpp"])
def test_a_folder_where_the_compiler_needs_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(programs, "run", lambda *_: pytest.fail("a tool was started"))
    (tmp_path / name).mkdir()
    with pytest.raises(FpgaEeError, match=f"cannot write {re.escape(str(tmp_path / name))}: "):
        verilator.build(
            tmp_path / "top.sv", [LIBRARY / "stream_fifo.sv"], tmp_path / "src" / "main.cpp", tmp_path
        )


def test_a_folder_where_the_record_of_a_simulation_should_be_is_refused(exported: Path, folder: Path) -> None:
    (folder / "simulation.json").mkdir()
    wanted = WantedImages("validation", None, 1, "mnist")
    with pytest.raises(FpgaEeError, match=r"cannot write .*/simulation\.json: Is a directory"):
        simulate_step(exported, folder, wanted, NO_PAUSES, lambda *_: print)


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
    (work / ".lock").touch()
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


@pytest.mark.parametrize(
    ("work", "run", "images"), [("simulation", simulate, IMAGES), ("waveform", wave, IMAGES[0])]
)
def test_two_runs_in_one_folder_do_not_write_into_each_other(
    exported: Path, tmp_path: Path, work: str, run: Callable[..., object], images: NDArray[np.uint8]
) -> None:
    folder = tmp_path / "rtl"
    generate(exported, Design({}), folder)
    with locked(folder / work), pytest.raises(FpgaEeError, match=f"{work} is in use by another run: wait"):
        run(load(exported, folder), folder, images)


@pytest.mark.parametrize("verb", ["hw-simulate", "hw-route"])
@pytest.mark.parametrize("clock", ["0", "-5", "nan", "inf"])
def test_a_clock_that_is_none_is_refused(tmp_path: Path, verb: str, clock: str) -> None:
    result = fpga_ee(verb, tmp_path, "--clock", clock)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert f"a clock of {clock} MHz is not possible" in result.err
