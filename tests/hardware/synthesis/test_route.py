"""Place and route for ECP5: figures from the tools' outputs, and a real bitstream of a small design."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.files.schemas import check_record
from fpga_ee.hardware.design.folder import fingerprint
from fpga_ee.hardware.synthesis.route import RoutingReport, Top, Use, read_report, route
from fpga_ee.hardware.tools import nextpnr
from fpga_ee.hardware.tools.nextpnr import Chip, Goal, chip
from fpga_ee.hardware.tools.sources import modules

GOAL = Goal("LFE5U-85F-6BG381", 100.0, seed=3)

RECORDED_LOG = """\
Info: Device utilisation:
Info: \t          TRELLIS_IO:      10/    365     2%
Info: \t              DP16KD:      33/    208    15%
Info: \t          MULT18X18D:     251/    156   160%
Info: \t          TRELLIS_FF:   15223/  83640    18%
Info: \t        TRELLIS_COMB:   90000/  83640   107%
ERROR: Unable to place cell 'a', no BELs remaining to implement cell type 'MULT18X18D'
exit code 125
"""
"""Lines of a real log, with more LUTs than the chip has."""


def step(kind: str, delay: float, cell: str) -> dict[str, Any]:
    return {"type": kind, "delay": delay, "to": {"cell": cell}}


def report(clocks: dict[str, float]) -> RoutingReport:
    """A report as nextpnr writes it, with the parts that are read."""
    names = ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD", "TRELLIS_IO", "ALU54B")
    between = [
        step("clk-to-q", 0.5, "design.exits_0_0.window.held_TRELLIS_FF_Q_2"),
        step("routing", 1.25, "design.exits_0_0.window.ledger.spare_LUT4_Z"),
        step("logic", 0.25, "design.exits_0_0.window.ledger.spare_LUT4_Z"),
        step("routing", 2.0, "design.merge.label_TRELLIS_FF_Q_DI_CCU2C_S0$CCU2_COMB0"),
        step("setup", 0.0, "design.merge.label_TRELLIS_FF_Q"),
    ]
    content = {
        "fmax": {name: {"achieved": fmax, "constraint": 100.0} for name, fmax in clocks.items()},
        "utilization": {name: {"used": index, "available": 100} for index, name in enumerate(names)},
        "critical_paths": [
            {"from": "<async>", "to": "posedge clk", "path": [step("routing", 99.0, "pin")]},
            {"from": "posedge clk", "to": "posedge clk", "path": between},
        ],
    }
    return check_record(RoutingReport, content, Path("report.json"), "a report", "route again")


def test_a_part_number_says_which_chip_package_and_speed() -> None:
    assert chip("LFE5U-85F-6BG381") == Chip("85k", "CABGA381", "6")
    assert chip("LFE5UM5G-45F-8MG285C") == Chip("um5g-45k", "CSFBGA285", "8")
    with pytest.raises(FpgaEeError, match=r"XC7Z045-2FFG900 is no ECP5 .*: choose another board"):
        chip("XC7Z045-2FFG900")


def test_the_report_gives_the_clock_the_resources_and_the_path_between_registers() -> None:
    routing = read_report(report({"clk": 99.5}), GOAL, ("a tool",))
    assert routing.fmax_mhz == 99.5
    assert not routing.met
    assert read_report(report({"clk": 100.0}), GOAL, ()).met
    assert routing.uses["MULT18X18D"] == Use(used=2, available=100)
    assert "ALU54B" not in routing.uses
    path = routing.path
    assert (path.delay_ns, path.logic_ns, path.routing_ns) == (4.0, 0.75, 3.25)
    assert path.start == "design.exits_0_0.window.held"
    assert path.end == "design.merge.label"
    assert path.blocks == (
        "design.exits_0_0.window",
        "design.exits_0_0.window.ledger",
        "design.merge",
    )


@pytest.mark.parametrize("clocks", [{}, {"clk": 100.0, "other": 50.0}])
def test_a_design_has_one_clock(clocks: dict[str, float]) -> None:
    with pytest.raises(FpgaEeError, match=f"must have one clock, not {len(clocks)}"):
        read_report(report(clocks), GOAL, ())


def test_a_design_that_is_too_large_is_refused_with_what_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nextpnr, "_lines", lambda *_: nullcontext(RECORDED_LOG.splitlines(keepends=True)))
    with pytest.raises(FpgaEeError) as error:
        nextpnr.place_and_route(tmp_path, "netlist.json", GOAL, lambda _: None)
    assert "does not fit: it needs 251 MULT18X18D of 156, 95 too many" in str(error.value)
    assert "it needs 90,000 TRELLIS_COMB of 83,640, 6,360 too many" in str(error.value)
    assert "TRELLIS_FF" not in str(error.value)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for path in modules():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "files.f").write_text("\n".join(path.name for path in modules()))
    return tmp_path


def test_a_queue_becomes_a_bitstream_and_the_same_seed_the_same_one(library: Path) -> None:
    said: list[str] = []
    routing = route(library, Top("stream_fifo", {"WIDTH": 4}), GOAL, said.append)
    assert routing.met
    assert routing.uses["TRELLIS_IO"].used == 2 + 2 * (4 + 3)
    assert 10 < routing.uses["TRELLIS_FF"].used < 30
    assert routing.path.delay_ns == pytest.approx(1000 / routing.fmax_mhz, abs=0.01)
    assert said[0] == "synthesising"
    assert "routing, 0 connections left" in said

    routed = library / "routed"
    bitstream = (routed / "routed.bit").read_bytes()
    # The preamble of every ECP5 bitstream.
    assert b"\xff\xff\xbd\xb3" in bitstream
    assert b"LFE5U-85F" in bitstream
    record = read_json(routed / "routing.json")
    assert record["fmax_mhz"] == routing.fmax_mhz
    assert record["goal"] == {"part": GOAL.part, "clock_mhz": 100.0, "seed": 3}
    assert record["met"] is True
    assert record["accelerator"] == fingerprint(library)
    assert [tool.split()[0] for tool in record["tools"]] == ["Yosys", "nextpnr"]

    route(library, Top("stream_fifo", {"WIDTH": 4}), GOAL)
    assert (routed / "routed.bit").read_bytes() == bitstream


def test_a_board_without_an_ecp5_is_refused_before_any_work(library: Path) -> None:
    with pytest.raises(FpgaEeError, match="XC7Z045-2FFG900 is no ECP5"):
        route(library, Top("stream_fifo"), Goal("XC7Z045-2FFG900", 80.0))
    assert not (library / "synthesis").exists()


def test_a_queue_with_more_pins_than_the_chip_is_refused_and_leaves_nothing(library: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"it needs 416 TRELLIS_IO of 365, 51 too many"):
        route(library, Top("stream_fifo", {"WIDTH": 204}), GOAL)
    assert not (library / "routed").exists()


def test_a_bitstream_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "routed").symlink_to(tmp_path / "mine")
    with pytest.raises(FpgaEeError, match="rtl/routed is a link: remove it"):
        route(tmp_path / "rtl", Top("top", {}, ()), GOAL)
