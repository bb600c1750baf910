"""Compiling with Verilator works in any path, and quotes errors."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.testbench import BENCH

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.tools import verilator
from fpga_ee.hardware.tools.sources import LIBRARY

TOP = """
module bench (input logic clk, input logic rst, output logic done);
    stream_fifo #(.WIDTH(4), .DEPTH(2)) queue (
        .clk(clk), .rst(rst), .in_data(4'd0), .in_last(1'b0), .in_valid(1'b1), .in_ready(),
        .out_data(), .out_last(), .out_valid(done), .out_ready(1'b1)
    );
endmodule
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bench, and files below it in other folders; make would take any of these names apart."""
    folder = tmp_path / "it's $a place: #1"
    for path in (LIBRARY / "stream_fifo.sv", BENCH / "main.cpp"):
        (folder / path.suffix).mkdir(parents=True)
        shutil.copy(path, folder / path.suffix)
    (folder / "bench.sv").write_text(TOP)
    return folder


def build(folder: Path) -> Path:
    return verilator.build(
        folder / "bench.sv",
        [folder / ".sv" / "stream_fifo.sv"],
        folder / ".cpp" / "main.cpp",
        folder / "program",
        ["-CFLAGS", "-O0"],
    )


def spaced(root: Path, folder: Path) -> Path:
    """Verilator as it would be in a virtual environment there."""
    other = folder / "an environment" / "verilator"
    (other / "bin").mkdir(parents=True)
    for path in (root / "bin").iterdir():
        (other / "bin" / path.name).symlink_to(path)
    # This one asks where it is.
    (other / "bin" / "verilator").unlink()
    shutil.copy(root / "bin" / "verilator", other / "bin")
    (other / "include").symlink_to(root / "include")
    return other


def test_spaces_in_all_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = spaced(verilator._root(), folder)
    monkeypatch.setattr(verilator, "_root", lambda: root)
    for _ in ("anew", "again"):
        assert subprocess.run([build(folder)], check=False).returncode == 0


def refused(folder: Path) -> str:
    with pytest.raises(FpgaEeError) as error:
        build(folder)
    assert str(error.value).startswith(f"Verilator cannot compile {folder / 'bench.sv'}: ")
    assert str(error.value).endswith(f"; see {folder / 'program' / 'verilator.log'}")
    return str(error.value)


def test_a_mistake_in_a_module_is_quoted(folder: Path) -> None:
    (folder / ".sv" / "stream_fifo.sv").write_text("module stream_fifo (;\nendmodule")
    assert re.search(r": %Error: stream_fifo\.sv:1:21: syntax error, unexpected ';'", refused(folder))


def test_a_mistake_that_only_the_compiler_sees_is_quoted(folder: Path) -> None:
    (folder / ".cpp" / "main.cpp").write_text("int main() { return nothing; }")
    assert ": main.cpp:1:21: error: 'nothing' was not declared" in refused(folder)


def test_a_mistake_that_only_the_linker_sees_is_quoted(folder: Path) -> None:
    (folder / ".cpp" / "main.cpp").write_text("void nothing(); int main() { nothing(); }")
    assert "undefined reference to" in refused(folder)


def test_a_program_that_does_not_run_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = spaced(verilator._root(), folder)
    (root / "bin" / "verilator").write_text("#!/bin/sh\nexit 7\n")
    monkeypatch.setattr(verilator, "_root", lambda: root)
    assert "bench.sv: it ended with code 7 and no message; see " in refused(folder)
