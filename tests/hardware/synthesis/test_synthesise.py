"""Synthesis: resources of modules, counted by a tool that others wrote."""

from pathlib import Path

import pytest

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.memory_image import table_image
from fpga_ee.hardware.synthesis.synthesise import Statistics, _Cells, counted, synthesise
from fpga_ee.hardware.tools.sources import modules


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The library with the memories of a real exit decision."""
    for path in modules():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "files.f").write_text("\n".join(path.name for path in modules()))
    rule = TOP1.integer_rule(0.9, FixedPoint(16, signed=True, frac=4))
    (tmp_path / "exponentials.hex").write_text(
        "\n".join(table_image("exponentials.hex", rule.exponentials, 17).lines)
    )
    return tmp_path


def test_the_exit_decision_is_small_and_multiplies_nothing(library: Path) -> None:
    synthesis = synthesise(library, SERIES_7, top="exit_decision_top1")
    assert {module.module for module in synthesis.modules} == {"exit_decision_top1", "logit_distances"}
    assert 100 < synthesis.total.lut <= 400
    assert synthesis.total.ff > 100
    assert synthesis.total.dsp == 0
    assert synthesis.tool.startswith("Yosys 0.")


def test_it_goes_through_for_ecp5(library: Path) -> None:
    synthesis = synthesise(library, ECP5, top="exit_decision_top1")
    assert {module.module for module in synthesis.modules} == {"exit_decision_top1", "logit_distances"}
    assert synthesis.total.lut > 100
    assert synthesis.total.dsp == 0


def test_broken_sources_are_one_message(library: Path) -> None:
    (library / "linear.sv").write_text("module linear (; endmodule")
    with pytest.raises(FpgaEeError, match=r"Yosys cannot synthesise .*: linear\.sv:1: ERROR: syntax error"):
        synthesise(library, SERIES_7, top="linear")


def test_a_primitive_that_the_family_does_not_know_is_refused() -> None:
    statistics = Statistics({"\\top": _Cells({"LUT4": 2, "TRELLIS_FF": 1, "$scopeinfo": 3})})
    (count,) = counted(statistics, ECP5, "top")
    assert count.resources == Resources(lut=2, ff=1)
    with pytest.raises(FpgaEeError, match="the cost of a TRELLIS_FF on xc7 is not known"):
        counted(statistics, SERIES_7, "top")
