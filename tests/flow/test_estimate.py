"""The hardware step: from files to a design, its tables and pictures, and back from a design's file."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.lenet_export import unsure_export
from helpers.onnx_files import conditional_model
from helpers.partition_files import design_a1
from rich.console import Console

from fpga_ee.artifacts.manifest import Manifest, load_manifest
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.constraints import Constraints, parse_budget
from fpga_ee.flow.estimate import estimate_step, plan_step
from fpga_ee.flow.explore import explore_step
from fpga_ee.flow.images import WantedImages
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.estimate_file import notes
from fpga_ee.hardware.search.exploration import Exploration
from fpga_ee.hardware.timing.decision_trace import measured
from fpga_ee.reporting.hardware_table import estimate_tables, explore_tables

PNG = b"\x89PNG"


def printed(tables: object, width: int = 200) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(tables)
    return capture.get()


def searched(source: Path, constraints: Constraints, throughput: float | None, folder: Path) -> Assessment:
    """The estimate of fpgaConvNet's hardware alone."""
    alone = replace(constraints, target="fpgaconvnet")
    return estimate_step(source, alone, throughput, folder, lambda _: None).assessment


def given(file: Path, source: Path | None, constraints: Constraints, folder: Path) -> Assessment:
    """The estimate of a design in a file."""
    return plan_step(file, source, constraints, folder).assessment


def explored(source: Path, constraints: Constraints, folder: Path) -> Exploration:
    """All designs that no other beats, found without a word about progress."""
    return explore_step(source, constraints, None, folder, lambda _name, _length: lambda _: None)


@pytest.fixture(scope="module")
def exported() -> Path:
    return unsure_export()


@pytest.fixture(scope="module")
def results(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the step for the export, without constraints."""
    folder = tmp_path_factory.mktemp("results")
    searched(exported, Constraints(), None, folder)
    return folder


@pytest.mark.slow
class TestExport:
    def test_a_design_is_chosen_and_written(self, results: Path) -> None:
        record = json.loads((results / "estimate.json").read_text())
        assert record["throughput"] == 125e6 / 1296
        assert record["late_rates"] == [0.25]
        assert {part["resource_source"] for part in record["parts"]} == {"fpgaConvNet", "own model"}
        total = sum(part["resources"]["lut"] + part["width_converter"]["lut"] for part in record["parts"])
        assert record["resources"]["lut"] == total == sum(s["resources"]["lut"] for s in record["stages"])
        for picture in ("intervals.png", "buffer_0.png"):
            assert (results / picture).read_bytes().startswith(PNG)

    def test_the_same_files_give_the_same_bytes(self, exported: Path, results: Path, tmp_path: Path) -> None:
        searched(exported, Constraints(), None, tmp_path)
        names = {path.name for path in results.iterdir()}
        assert names == {path.name for path in tmp_path.iterdir()}
        assert all((results / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)

    def test_its_own_file_stands_for_the_design(self, exported: Path, tmp_path: Path) -> None:
        constraints = Constraints("zcu104", 90.0, "0.5,lut=0.4", (0.3,), 12, (7,))
        searched(exported, constraints, 10_000, tmp_path / "first")
        given(tmp_path / "first" / "estimate.json", exported, Constraints(), tmp_path / "second")
        first, second = ((tmp_path / one / "estimate.json").read_bytes() for one in ("first", "second"))
        assert first == second

    def test_what_is_asked_for_now_comes_before_what_was(
        self, exported: Path, results: Path, tmp_path: Path
    ) -> None:
        again = given(results / "estimate.json", exported, Constraints(clock_mhz=100.0), tmp_path)
        assert again.throughput == 100e6 / 1296

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"network": "B_Lenet_fcn"}, "is a design of B_Lenet_fcn, not of B_Lenet_se"),
            ({"schema": 1}, "its schema \\(number of its format\\) is 1, not 4; choose it again"),
            ({"asked": {"cheap": True}}, "is not a design of ours"),
        ],
    )
    def test_another_file_is_refused(
        self, results: Path, exported: Path, tmp_path: Path, change: dict[str, object], message: str
    ) -> None:
        record = json.loads((results / "estimate.json").read_text()) | change
        (tmp_path / "estimate.json").write_text(json.dumps(record))
        with pytest.raises(FpgaEeError, match=message):
            given(tmp_path / "estimate.json", exported, Constraints(), tmp_path)

    def test_its_partition_file_holds_fpgaconvnets_part_and_says_so(
        self, exported: Path, results: Path, tmp_path: Path
    ) -> None:
        whole = given(results / "estimate.json", exported, Constraints(), tmp_path / "whole")
        constraints = Constraints(late_rates=(0.25,))
        part = given(results / "partitions.json", None, constraints, tmp_path / "part")
        assert "which holds only a part of a design: it has no" in printed(estimate_tables(part, None))
        assert part.throughput == whole.throughput
        layers = {
            name: one
            for name, one in whole.design.components.items()
            if one.layer and "requantise" not in name
        }
        assert layers.keys() == {name for name, one in part.design.components.items() if one.layer}
        for name, one in layers.items():
            again = part.design.components[name]
            assert (again.folding, again.interval) == (one.folding, one.interval)
            if not isinstance(one.layer, Relu):  # which is free where words have no sign
                assert again.resources == one.resources

    def test_the_tables_name_figures_and_sources(self, exported: Path, tmp_path: Path) -> None:
        assessment = searched(exported, Constraints(budget="0.5", width=16), None, tmp_path)
        text = printed(estimate_tables(assessment, None))
        for expected in ("backbone.1.1.layer.0", "fpgaConvNet", "own model", "gain", "M/G/1/K", "share"):
            assert expected in text
        assert f"{assessment.throughput:,.0f} samples/s" in text

    def test_an_exploration_is_of_the_designs_around_the_chosen_one(
        self, exported: Path, results: Path, tmp_path: Path
    ) -> None:
        exploration = explored(exported, Constraints(target="fpgaconvnet"), tmp_path)
        assert (tmp_path / "estimate.json").read_bytes() == (results / "estimate.json").read_bytes()
        assert (tmp_path / "throughput.png").read_bytes().startswith(PNG)
        assert "gain of early exits at a budget" in printed(explore_tables(exploration))
        front = json.loads((tmp_path / "front.json").read_text())["front"]
        assert front[0]["throughput"] == exploration.chosen.throughput == 125e6 / 1296
        assert [point["throughput"] for point in front] == [point.throughput for point in exploration.front]

    def test_an_estimate_leaves_no_front_of_an_earlier_design(self, exported: Path, tmp_path: Path) -> None:
        explored(exported, Constraints(target="fpgaconvnet"), tmp_path)
        searched(exported, Constraints(budget="0.5"), None, tmp_path)
        assert not (tmp_path / "front.json").exists()
        assert not (tmp_path / "throughput.png").exists()

    def test_our_own_library_stands_beside_fpgaconvnet(
        self, exported: Path, results: Path, tmp_path: Path
    ) -> None:
        estimate = estimate_step(exported, Constraints(), None, tmp_path, lambda _: None)
        assert estimate.own is not None
        as_fast, fastest = estimate.own.designs
        assert fastest.throughput >= as_fast.throughput >= estimate.assessment.throughput
        assert as_fast.share < fastest.share
        assert as_fast.resources.lut < estimate.assessment.design.resources.lut
        text = printed(estimate_tables(estimate.assessment, estimate.own))
        for one in estimate.own.designs:
            assert re.search(rf"{one.description} .*{one.throughput:,.0f} .*{one.resources.lut:,}", text)
        record, alone = (json.loads((folder / "estimate.json").read_text()) for folder in (tmp_path, results))
        assert [one["throughput"] for one in record.pop("own_hardware")["designs"]] == [
            as_fast.throughput,
            fastest.throughput,
        ]
        del alone["own_hardware"], alone["asked"], record["asked"]
        assert record == alone

    def test_a_network_that_is_not_for_our_library_says_why(self, tmp_path: Path) -> None:
        path = conditional_model(tmp_path / "model.onnx")
        estimate = estimate_step(path, Constraints(late_rates=(0.25,)), None, tmp_path, lambda _: None)
        assert estimate.own is not None
        assert not estimate.own.designs
        assert "hw-generate has no design" in printed(estimate_tables(estimate.assessment, estimate.own))


@pytest.fixture
def measured_export(exported: Path, tmp_path: Path) -> Path:
    """An export with the late rate of MNIST's validation digits."""
    folder = shutil.copytree(exported, tmp_path / "B_Lenet_se")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["data_set"] = "mnist"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.slow
class TestDecisions:
    def test_they_are_those_of_the_digits_that_the_late_rate_is_of(
        self, measured_export: Path, tmp_path: Path
    ) -> None:
        buffer = searched(measured_export, Constraints(), None, tmp_path / "out").buffers[0]
        assert buffer.source == "10,000 of MNIST validation"

    def test_rates_that_the_digits_do_not_have_are_refused(
        self, measured_export: Path, digits: LabelledImages, tmp_path: Path
    ) -> None:
        path = measured_export / "manifest.json"
        manifest = json.loads(path.read_text())
        trace = measured(measured_export, load_manifest(measured_export), digits.inputs(), "")
        late = int(trace.exits.sum())

        def tell(late: int) -> None:
            shares = {"exit_accuracies": [1.0, 1.0], "accuracy": 1.0}
            rates = {"exit_rates": [(10_000 - late) / 10_000, late / 10_000]}
            manifest["measured"] = {"split": "MNIST validation", "images": 10_000} | rates | shares
            path.write_text(json.dumps(manifest))

        tell(late)
        searched(measured_export, Constraints(), None, tmp_path / "out")
        tell(late - 1 if late else 1)
        with pytest.raises(FpgaEeError, match=rf"but it is .*, {late / 10_000}: export again"):
            searched(measured_export, Constraints(), None, tmp_path / "new")
        assert not (tmp_path / "new").exists()

    def test_another_late_rate_has_other_decisions(self, measured_export: Path, tmp_path: Path) -> None:
        constraints = Constraints(late_rates=(0.4,), width=16, budget="0.3")
        assessment = searched(measured_export, constraints, None, tmp_path / "out")
        buffer = assessment.buffers[0]
        assert (buffer.source, buffer.late_rate) == ("drawn at random", 0.4)
        assert buffer.simulated <= assessment.throughput

    def test_without_the_images_they_are_drawn_at_the_same_rates(
        self, measured_export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreachable(_wanted: WantedImages, _manifest: Manifest) -> None:
            raise FpgaEeError("cannot download anything")

        monkeypatch.setattr(WantedImages, "load", unreachable)
        assessment = searched(measured_export, Constraints(), None, tmp_path / "out")
        assert assessment.buffers[0].source == "drawn at random, because the images are not here"
        with pytest.raises(FpgaEeError, match="cannot download"):
            searched(measured_export, Constraints(data=tmp_path), None, tmp_path / "out")

    def test_an_export_measured_on_other_images_is_not_judged_by_digits(
        self, exported: Path, tmp_path: Path
    ) -> None:
        buffer = searched(exported, Constraints(), None, tmp_path).buffers[0]
        assert (buffer.source, buffer.late_rate) == ("drawn at random", 0.25)
        with pytest.raises(FpgaEeError, match="--data is for an export whose own late rates"):
            searched(exported, Constraints(data=tmp_path), None, tmp_path)


def test_a_conditional_model_from_elsewhere_goes_straight_in(tmp_path: Path) -> None:
    path = conditional_model(tmp_path / "model.onnx")
    assessment = searched(path, Constraints(late_rates=(0.25,)), None, tmp_path / "out")
    assert assessment.throughput == 125e6 / 1296
    assert assessment.buffers[0].source == "drawn at random"
    assert "whose late rate is 0" not in printed(estimate_tables(assessment, None))
    nobody = searched(path, Constraints(late_rates=(0.0,)), None, tmp_path / "out")
    assert "whose late rate is 0" in printed(estimate_tables(nobody, None))
    assert "but all images leave at exit 0, so the other exits do nothing" in printed(
        estimate_tables(nobody, None)
    )
    assert "WARNING: all images leave at exit 0" in notes(nobody)[0]
    assert "images leave at exit" not in printed(estimate_tables(assessment, None))
    assert "…" not in printed(estimate_tables(assessment, None), width=120), (
        "a figure does not fit its column"
    )


def test_an_exploration_warns_of_exits_that_all_samples_take(tmp_path: Path) -> None:
    path = conditional_model(tmp_path / "model.onnx")
    nobody, some = (
        printed(explore_tables(explored(path, Constraints(late_rates=(rate,)), tmp_path / "out")))
        for rate in (0.0, 0.25)
    )
    assert "WARNING: all images leave at exit 0" in nobody
    assert "images leave at exit" not in some


def test_it_needs_a_late_rate(tmp_path: Path) -> None:
    path = conditional_model(tmp_path / "model.onnx")
    with pytest.raises(FpgaEeError, match="give --late-rate 1 times, for example --late-rate"):
        searched(path, Constraints(), None, tmp_path / "out")


def test_a_partition_file_of_another_tool_is_estimated_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a1.json"
    path.write_text(json.dumps(design_a1()))
    assessment = given(path, None, Constraints(late_rates=(0.25,)), tmp_path / "out")
    assert assessment.throughput == 125e6 / 6_400
    assert assessment.design.stage_interval(1) == 14_400


def test_a_given_design_that_does_not_fit_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "a1.json"
    path.write_text(json.dumps(design_a1()))
    constraints = Constraints("zedboard", budget="dsp=0.5", late_rates=(0.25,))
    assessment = given(path, None, constraints, tmp_path / "out")
    assert assessment.share > 1
    assert assessment.excess["dsp"] == 157 - 110
    assert assessment.excess["lut"] == assessment.design.resources.lut - 53_200
    assert assessment.gain is None
    assert re.search(
        r"does not fit +[\d,]+ LUT, .*47 DSP.* too many", printed(estimate_tables(assessment, None))
    )


def test_a_board_of_other_luts_has_a_note(tmp_path: Path) -> None:
    path = conditional_model(tmp_path / "model.onnx")
    for board, noted in (("ecp5-85f", True), ("zcu104", False)):
        constraints = Constraints(board, late_rates=(0.25,), width=8)
        text = printed(estimate_tables(searched(path, constraints, None, tmp_path / "out"), None))
        assert ("has LUTs of 4: take LUT and DSP for an order of magnitude" in text) == noted


def test_our_own_design_needs_its_network(tmp_path: Path) -> None:
    (tmp_path / "estimate.json").write_text('{"parts": []}')
    with pytest.raises(FpgaEeError, match="is a design without its network"):
        given(tmp_path / "estimate.json", None, Constraints(), tmp_path)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0.5", (0.5, 0.5, 0.5, 0.5)),
        ("lut=0.5,dsp=0.2", (0.5, 1.0, 0.2, 1.0)),
        ("0.5,BRAM=0.25", (0.5, 0.5, 0.5, 0.25)),
    ],
)
def test_a_budget_in_words(text: str, parts: tuple[float, ...]) -> None:
    assert parse_budget(text) == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [("half", "a budget is 0.5 or lut=0.5,dsp=0.2, not half"), ("uram=1", "bram, not uram")],
)
def test_a_budget_in_other_words(text: str, message: str) -> None:
    with pytest.raises(FpgaEeError, match=message):
        parse_budget(text)
