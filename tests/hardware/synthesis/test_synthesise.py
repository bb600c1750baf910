"""Synthesis: what modules take, counted by a tool that nobody here wrote."""

from dataclasses import replace
from pathlib import Path

import pytest

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decision
from fpga_ee.exits.rules import ExitRule
from fpga_ee.hardware.fpga.boards import load
from fpga_ee.hardware.network.packing import table_image
from fpga_ee.hardware.synthesis.synthesise import synthesise, target_of
from fpga_ee.hardware.tools.sources import modules


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The library with the memories of a real exit decision."""
    for path in modules():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "files.f").write_text("\n".join(path.name for path in modules()))
    decision = integer_decision(ExitRule(Criterion.TOP1, 0.9), FixedPoint(16, signed=True, frac=4))
    table = table_image("exponentials.hex", decision.exponentials, 17)
    (tmp_path / table.file).write_text("\n".join(table.lines))
    return tmp_path


def test_the_exit_decision_is_small_and_multiplies_nothing(library: Path) -> None:
    synthesis = synthesise(library, "xc7", top="exit_decision_top1")
    assert {module.module for module in synthesis.modules} == {"exit_decision_top1", "logit_distances"}
    assert 100 < synthesis.total.lut <= 400
    assert synthesis.total.ff > 100
    assert synthesis.total.dsp == 0
    assert synthesis.tool.startswith("Yosys 0.")


def test_it_goes_through_for_ecp5(library: Path) -> None:
    synthesis = synthesise(library, "ecp5", top="exit_decision_top1")
    assert {module.module for module in synthesis.modules} == {"exit_decision_top1", "logit_distances"}
    assert synthesis.total.lut > 100
    assert synthesis.total.dsp == 0


def test_the_board_decides_what_it_is_synthesised_for() -> None:
    families = {
        "zc706": "xc7",
        "pynq-z2": "xc7",
        "ultra96-v2": "xcup",
        "alveo-u250": "xcup",
        "ecp5-85f": "ecp5",
    }
    for board, family in families.items():
        assert target_of(load(board)) == family
    unknown = replace(load("zc706"), name="MAX 10", part="10M50DAF484")
    with pytest.raises(FpgaEeError, match=r"MAX 10 has a 10M50DAF484, .* begins with XC7, XCZU"):
        target_of(unknown)


def test_unknown_targets_and_broken_sources_are_one_message(library: Path) -> None:
    with pytest.raises(FpgaEeError, match="no target max10: choose one of xc7, xcup, ecp5"):
        synthesise(library, "max10")
    (library / "linear.sv").write_text("module linear (; endmodule")
    with pytest.raises(FpgaEeError, match=r"Yosys cannot synthesise .*: linear\.sv:1: ERROR: syntax error"):
        synthesise(library, "xc7", top="linear")
