"""The file of a design: hw-generate takes it, or refuses it before anything is written."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from helpers.commands import fpga_ee
from helpers.exported import Exported

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.generate import design_of, generate_step
from fpga_ee.hardware.design.design_files import read_design
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import Generated, load
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.search.estimate_schema import SCHEMA

FIRST = "backbone.0.layer.0"


def estimate(**change: Any) -> dict[str, Any]:
    """Give the design that hw-generate reads from an estimate.json of B_Lenet_se."""
    folding = {"coarse_in": 1, "coarse_out": 5, "coarse_group": 1, "fine": 25}
    some = {"lut": 1, "ff": 1, "dsp": 1, "bram": 1}
    figures = {"stage": 0, "interval": 1, "interval_source": "own model", "resource_source": "own model"}
    figures |= {"resources": some, "width_converter": some}
    part = figures | {"streams_in": 5, "streams_out": 5, "folding": None}
    record = {
        "schema": SCHEMA,
        "network": "B_Lenet_se",
        "target": "rtl",
        "board": asdict(boards.load("zc706")),
        "clock_mhz": 125.0,
        "budget": dict.fromkeys(some, 1.0),
        "late_rates": [],
        "notes": [],
        "throughput": 1.0,
        "throughput_without_exits": None,
        "gain": None,
        "excess": {},
        "memory_mb_s": 1.0,
        "latency_us": [1.0],
        "latency_cycles": [1],
        "resources": some,
        "shares": dict.fromkeys(some, 0.5),
        "stages": [{"interval": 1, "resources": some}],
        "parts": [
            part | {"name": FIRST, "folding": folding, "streams_in": 1},
            part | {"name": "split.0"},
        ],
        "without_exits": None,
        "robustness": [],
        "own_hardware": None,
        "buffers": [],
        "asked": {"buffered": [3]},
    }
    return record | change


def own(folding: object, **change: Any) -> dict[str, Any]:
    """A design file of one's own."""
    return {"foldings": {FIRST: folding}, "buffered": 2} | change


def part(**change: Any) -> list[dict[str, Any]]:
    """The parts of an estimate, of which one is changed."""
    return [estimate()["parts"][1] | change]


def written(tmp_path: Path, record: object) -> Path:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(record))
    return path


def refusal(exported: Path, tmp_path: Path, record: object) -> str:
    """Give hw-generate's message; the command ends with exit code 2 and leaves no folder."""
    result = fpga_ee(
        "hw-generate", exported, "--design", written(tmp_path, record), "--rtl", tmp_path / "rtl"
    )
    assert result.code == 2, result.err
    assert not (tmp_path / "rtl").exists()
    message = " ".join(result.err.split())
    assert "mine.json" in message
    return message


class TestNumbers:
    """Every number of a design is a positive whole one; the message names the layer and the value."""

    @pytest.mark.parametrize("factor", ["coarse_in", "coarse_out", "coarse_group", "fine"])
    @pytest.mark.parametrize("value", [0, -1, "a", 1.0, True, None, [1]])
    def test_of_a_folding(self, tmp_path: Path, factor: str, value: object) -> None:
        place = re.escape(f"mine.json is not a design: foldings.{FIRST}.{factor} must be ")
        with pytest.raises(
            FpgaEeError, match=rf"{place}(at least 1|a whole number), not {re.escape(repr(value))}"
        ):
            read_design(written(tmp_path, own({factor: value})))

    @pytest.mark.parametrize(
        ("record", "message"),
        [
            (own({"coarse_in": 0}), f"foldings.{FIRST}.coarse_in must be at least 1, not 0"),
            (own({"coarse_in": "a"}), f"foldings.{FIRST}.coarse_in must be a whole number, not 'a'"),
            (own({"coarse": 1}), f"foldings.{FIRST}.coarse is unknown here"),
            (own(2), f"foldings.{FIRST} must be a table of entries, not 2"),
            (own({}, buffered=0), "buffered.all must be at least 1, not 0"),
            (own({}, buffered=2.5), "buffered.all must be a whole number, not 2.5"),
            (own({}, buffered=True), "buffered.all must be a whole number, not True"),
            (own({}, buffered=[3, "a"]), "buffered.each[1] must be a whole number, not 'a'"),
            (own({}, copies={"stage.0": True}), "copies.stage.0 must be a whole number, not True"),
            (own({}, copies={"stage.0": 0}), "copies.stage.0 must be at least 1, not 0"),
            ({"foldings": {}}, "buffered is missing"),
            ([], "mine.json is not a design"),
        ],
    )
    def test_of_a_file_of_ones_own(
        self, exported: Path, tmp_path: Path, record: object, message: str
    ) -> None:
        assert message in refusal(exported, tmp_path, record)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"parts": part(streams_in=0)}, "parts[0].streams_in must be at least 1, not 0"),
            (
                {"parts": part(name=FIRST, folding={"fine": 0})},
                "folding.fine must be at least 1, not 0",
            ),
            (
                {"parts": part(name=FIRST, folding={"fine": "a"})},
                "fine must be a whole number, not 'a'",
            ),
            ({"asked": {"buffered": [0]}}, "asked.buffered[0] must be at least 1, not 0"),
            ({"asked": {"buffered": "many"}}, "asked.buffered must be a list, not 'many'"),
            ({"asked": {}}, "does not say how deep its conditional buffers are"),
            ({"gain": "much"}, "gain must be a number, not 'much'"),
            ({"throughput": -1.0}, "throughput must be at least 0, not -1.0"),
            ({"resources": {"lut": 1}}, "resources must give lut, ff, dsp, bram"),
            ({"robustness": [{"throughput": 1.0}]}, "robustness[0].late_rates is missing"),
            ({"cheap": True}, "cheap is unknown here"),
            ({"latency_us": []}, "latency_us are of 0 stages, and there are 1"),
            ({"parts": 2 * part()}, "two parts have the name split.0"),
            ({"parts": part(stage=1)}, "a part is of a stage that does not exist: there are 1"),
        ],
    )
    def test_of_an_estimate(
        self, exported: Path, tmp_path: Path, change: dict[str, Any], message: str
    ) -> None:
        assert message in refusal(exported, tmp_path, estimate(**change))


def test_a_file_nested_too_deep_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("[" * 100_000)
    with pytest.raises(FpgaEeError, match=r"mine\.json is not a design: its lists and tables are nested"):
        read_design(tmp_path / "mine.json")


class TestOrigin:
    """A design that says what it was made for is built for nothing else."""

    def test_the_design_of_an_accelerator_is_built_again(self, exported: Path, tmp_path: Path) -> None:
        generate_step(exported, written(tmp_path, own({})), None, tmp_path / "first")
        generate_step(exported, tmp_path / "first" / "design.json", None, tmp_path / "second")
        assert (tmp_path / "second" / "design.json").exists()

    @pytest.mark.parametrize(
        ("origin", "message"),
        [
            ({"export": "0" * 64}, "was made for another export of B_Lenet_se"),
            ({"export": "0" * 63}, "export must not be so short"),
            ({"export": 1}, "export must be a text, not 1"),
            ({"network": "B_Lenet_fcn"}, "mine.json is a design of B_Lenet_fcn, not of B_Lenet_se"),
        ],
    )
    def test_that_of_another_export_or_network_is_refused(
        self, exported: Path, tmp_path: Path, origin: dict[str, Any], message: str
    ) -> None:
        assert message in refusal(exported, tmp_path, own({}, **origin))


class TestDepths:
    """Every conditional buffer has its own depth, or all have one."""

    @pytest.mark.parametrize("depths", [8, [4, 2]])
    def test_a_number_is_for_all_a_list_for_each(self, tmp_path: Path, depths: int | list[int]) -> None:
        plan = read_design(written(tmp_path, own({}, buffered=depths)))
        assert [plan.buffered_of(stage) for stage in range(2)] == ([8, 8] if depths == 8 else depths)

    def test_those_of_an_estimate_are_drawn_and_kept(self, three_exits: Exported, tmp_path: Path) -> None:
        build, rtl = three_exits.folder, tmp_path / "rtl"
        record = estimate(network=load_manifest(build).network, parts=[], asked={"buffered": [4, 2]})
        path = written(tmp_path, record)
        assert slots(generate_step(build, path, None, rtl)) == slots(load(build, rtl)) == (4, 2)
        assert slots(generate_step(build, path, 3, rtl)) == slots(load(build, rtl)) == (3, 3)


def slots(generated: Generated) -> tuple[int, ...]:
    """Depths of the conditional buffers that were drawn, by stage."""
    modules = {block.name: block.module for block in generated.diagram.blocks}
    buffers = [modules[f"buffer_{stage}"] for stage in range(2)]
    return tuple(buffer.samples for buffer in buffers if isinstance(buffer, ConditionalBuffer))


class TestEstimates:
    def test_its_foldings_and_streams_are_built(self, exported: Path, tmp_path: Path) -> None:
        plan = design_of(written(tmp_path, estimate()), exported)
        assert plan == Design({FIRST: Folding(1, 5, 1, 25), "split.0": Folding(5, 5)}, (3,))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"network": "B_Lenet_fcn"}, "mine.json is a design of B_Lenet_fcn, not of B_Lenet_se"),
            ({"schema": 1}, f"its schema (number of its format) is 1, not {SCHEMA}"),
        ],
    )
    def test_of_another_network_or_version_are_refused(
        self, exported: Path, tmp_path: Path, change: dict[str, Any], message: str
    ) -> None:
        assert message in refusal(exported, tmp_path, estimate(**change))
