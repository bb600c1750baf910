"""Tables show all results, and say where something was not measured."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType
from rich.table import Table

from fpga_ee.exits.outcome import Outcome
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.synthesis.route import CriticalPath, Routing, Use
from fpga_ee.hardware.synthesis.synthesise import ModuleCount, Synthesis
from fpga_ee.hardware.tools.nextpnr import Goal
from fpga_ee.reporting.network_table import network_table
from fpga_ee.reporting.routing_table import routing_tables
from fpga_ee.reporting.synthesis_table import synthesis_table
from fpga_ee.reporting.training_report import training_table
from fpga_ee.reporting.verification_report import accuracy_table, verdict, verification_table
from fpga_ee.training.fit import TrainingResult
from fpga_ee.training.record import Epoch
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.verification.verify import Verification

EPOCHS = (Epoch(1, 0.75, 0.125, (0.95, 0.96)), Epoch(2, 0.5, 0.25, (0.9, 0.91)))
RESULT = TrainingResult(settings=TrainingSettings(seed=7), epochs=EPOCHS, best=EPOCHS[0])

VERIFICATION = Verification(
    exact=True,
    images=6,
    exit_counts=(3, 2, 1),
    correct=5,
    outcome=Outcome((3 / 6, 2 / 6, 1 / 6), (4 / 6, 5 / 6, 5 / 6), 5 / 6),
    float_outcome=Outcome((4 / 6, 1 / 6, 1 / 6), (5 / 6, 5 / 6, 1.0), 1.0),
    warnings=(),
    reference_seconds=0.1,
    runs=(),
    uncertain=0,
    uncertain_labels=0,
    strays=0,
    apart=0,
    diagnosis=None,
)


def rows(table: Table) -> list[list[str]]:
    return [list(cells) for cells in zip(*(column.cells for column in table.columns), strict=True)]


def text(table: RenderableType) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_networks_are_listed_with_shape_and_size() -> None:
    fcn = next(row for row in rows(network_table(lambda _: None)) if row[0] == "B_Lenet_fcn")
    assert fcn == ["B_Lenet_fcn", "mnist", "2", "2", "1 x 28 x 28", "5 x 16 x 16, 84", "74,694", "no"]


def test_networks_with_trained_weights_are_marked() -> None:
    trained = {"B_Lenet_se": Path("weights.safetensors")}
    found = {row[0]: row[-1] for row in rows(network_table(trained.get))}
    assert [name for name, trained in found.items() if trained == "yes"] == ["B_Lenet_se"]


def test_a_training_is_told_by_its_exits_accuracies() -> None:
    table = training_table("B_Lenet", RESULT, [0.9512, 0.9634])
    assert rows(table) == [["0", "95.00%", "95.12%"], ["1", "96.00%", "96.34%"]]
    assert "B_Lenet: weights of epoch 1 of 2" in text(table)


def test_a_test_split_that_was_not_at_hand_is_told() -> None:
    assert rows(training_table("B_Lenet", RESULT, None))[0] == ["0", "95.00%", "not measured"]


@pytest.mark.parametrize(("fmax", "verdict"), [(80.04, "is reached"), (79.96, "IS NOT REACHED")])
def test_a_routed_design_is_told_by_its_clock_and_what_limits_it(fmax: float, verdict: str) -> None:
    path = CriticalPath(12.5, 4.25, 8.25, "layer.word", "layer.product", ("layer", "layer.tree"))
    uses = {"MULT18X18D": Use(41, 156)}
    told = text(
        routing_tables("B_Lenet_se", Routing(Goal("LFE5U-85F", 80.0, 7), ("nextpnr 1",), fmax, uses, path))
    )
    assert "B_Lenet_se on LFE5U-85F, seed 7" in told
    assert "26.28 %" in told
    assert f"Fastest clock {fmax} MHz: the wanted 80 MHz {verdict}." in told
    assert "12.50 ns, 4.25 of them in cells" in told
    assert "from layer.word to layer.product, through layer, layer.tree" in told


def test_the_model_stands_beside_the_counts_with_its_errors() -> None:
    counts = (
        ModuleCount("linear", 2, Resources(lut=100, ff=50)),
        ModuleCount("products", 2, Resources(ff=10, dsp=4)),
    )
    synthesis, board = Synthesis("xc7", "Yosys", counts), boards.load("zc706")
    model = {"linear": Resources(lut=95, ff=51), "products": Resources(ff=9, dsp=4, bram=1)}
    found = rows(synthesis_table("net", synthesis, model, board))
    assert found[0] == ["linear", "2", "100", "95", "-5.0 %", "50", "51", "+2.0 %", "0", "0"]
    assert found[1] == ["products", "2", "0", "0", "", "10", "9", "-10.0 %", "4", "0 (model 1)"]
    assert found[-2] == ["all", "", "100", "95", "-5.0 %", "60", "60", "+0.0 %", "4", "0 (model 1)"]


def test_without_a_model_there_are_only_counts() -> None:
    synthesis = Synthesis("ecp5", "Yosys", (ModuleCount("linear", 1, Resources(lut=9)),))
    table = synthesis_table("net", synthesis, {}, boards.load("zc706"))
    assert rows(table)[0] == ["linear", "1", "9", "0", "0", "0"]
    assert rows(table)[-1][0] == "of ZC706"


@pytest.mark.parametrize(
    ("exit_counts", "told"),
    [
        ((3, 2, 1), ""),
        ((3, 0, 1), ""),
        ((4, 2, 0), "None came to stage 2, so only all_exits.onnx tells of it."),
        ((6, 0, 0), "None came to stages 1, 2, so only all_exits.onnx tells of them."),
    ],
)
def test_a_proof_names_the_stages_that_no_image_came_to(exit_counts: tuple[int, ...], told: str) -> None:
    verification = replace(VERIFICATION, exit_counts=exit_counts)
    caption = str(verification_table("Net", "digits", verification).caption)
    assert caption.endswith(told)
    assert ("came to" in caption) == bool(told)


def test_a_proof_shows_the_accuracy_of_the_networks_own_forward_beside_that_of_fixed_point() -> None:
    assert rows(accuracy_table(VERIFICATION)) == [
        ["float, the network's forward", "83.33 %", "83.33 %", "100.00 %", "83.33 %", "100.00 %"],
        ["fixed point", "66.67 %", "83.33 %", "83.33 %", "83.33 %", "83.33 %"],
    ]


def test_only_fixed_point_is_called_proven_and_the_line_says_so() -> None:
    proven, agreed = verdict(VERIFICATION), verdict(replace(VERIFICATION, exact=False, uncertain=1))
    assert proven.startswith("PROVEN: on 6 of 6 images every logit")
    assert agreed.startswith("AGREED: float, so not a proof: 5 of 5 images took the same exit")
    assert "PROVEN" not in agreed
    assert len(rows(accuracy_table(replace(VERIFICATION, exact=False)))) == 1


def test_what_was_not_verified_stands_in_the_same_line_before_the_warnings() -> None:
    line = verdict(replace(VERIFICATION, remarks=("rates were not compared",), warnings=("no image leaves",)))
    assert line.endswith("in every run. Note: rates were not compared. WARNING: no image leaves")
    assert "\n" not in line


@pytest.mark.parametrize("changes", [{}, {"exact": False}, {"strays": 1}, {"diagnosis": "it differs"}])
def test_warnings_stand_in_the_same_line_as_the_verdict(changes: dict[str, object]) -> None:
    warnings = ("exit 1 loses 3.00 points", "no image leaves at exit 2")
    line = verdict(replace(VERIFICATION, warnings=warnings, **changes))
    assert line.endswith(". WARNING: exit 1 loses 3.00 points; no image leaves at exit 2")
    assert "\n" not in line
