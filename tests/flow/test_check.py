"""A check before the training gives the refusals of all later steps, layer by layer."""

import re
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from helpers.commands import fpga_ee
from helpers.deploying import export_quantized
from helpers.drawn_networks import EVERY_KIND_AND_UNKNOWN_ONES, HARDWARE_KINDS, Kinds, networks
from helpers.draws import SEED, draws
from hypothesis import HealthCheck, Phase, given, seed, settings
from rich.console import Console
from torch import Tensor, nn
from torch.nn import functional

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.rules import ExitRule
from fpga_ee.flow.check import check
from fpga_ee.flow.hardware_targets import files_of
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.readers.chain import _OPERATORS
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.authored import AuthoredLayer
from fpga_ee.quantization.quantize import quantize
from fpga_ee.reporting.check_table import check_tables
from fpga_ee.verification.findings import (
    BY_FIXED_POINT,
    BY_FPGACONVNET,
    BY_OUR_LIBRARY,
    TAKERS,
    Answer,
    Check,
    Room,
)

ZC706 = boards.load("zc706")
YES, NO, NOT_ASKED = Answer.TAKEN, Answer.REFUSED, Answer.NOT_ASKED


class Block(nn.Module):
    """Modules and functions as people mix them."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(4, 4, kernel_size=3, padding=1, groups=4)
        self.pool = nn.AvgPool2d(2)
        self.gate = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu6(self.depthwise(x)) + x
        return self.gate(self.pool(x)) * 2


def one_stage(*layers: nn.Module) -> EarlyExitNetwork:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Conv2d(1, 4, kernel_size=3, padding=1), *layers)],
        exits=[nn.Sequential(nn.Flatten(), nn.LazyLinear(3))],
        exit_loss_weights=[1.0],
        input_shape=(1, 8, 8),
    )
    network(torch.zeros(2, 1, 8, 8))  # the lazy layer takes its shape
    return network


def answers(found: Check) -> dict[str, tuple[str, Answer, Answer, Answer]]:
    """Give each layer's kind and its three answers, by its name."""
    return {
        layer.name: (layer.kind, *(found.answer(taker, layer) for taker in TAKERS)) for layer in found.layers
    }


def test_every_layer_is_told_by_its_name_and_in_the_words_of_its_author() -> None:
    found = check(one_stage(nn.BatchNorm2d(4), nn.ReLU6(), Block()), "Mixed", ZC706)
    assert answers(found) == {
        "backbone.0.0": ("convolution", YES, YES, YES),
        "backbone.0.1": ("batch normalisation", YES, YES, YES),
        "backbone.0.2": ("ReLU6", YES, YES, YES),
        "backbone.0.3.depthwise": ("depthwise convolution", YES, YES, YES),
        "backbone.0.3.relu6": ("ReLU6", YES, YES, YES),
        "backbone.0.3.add": ("residual addition", YES, NO, YES),
        "backbone.0.3.pool": ("average pooling", YES, YES, YES),
        "backbone.0.3.gate": ("GELU", NO, NOT_ASKED, NOT_ASKED),
        "backbone.0.3.mul": ("multiplication", NO, NOT_ASKED, NOT_ASKED),
        "exits.0.0": ("flatten", YES, YES, YES),
        "exits.0.1": ("linear layer", YES, YES, YES),
    }
    assert not found.passed


def test_all_refusals_are_told_at_once_each_with_its_reason() -> None:
    found = check(
        one_stage(nn.GELU(), nn.ReLU6(), nn.AvgPool2d(3, ceil_mode=True), nn.Sigmoid()), "Four", ZC706
    )
    told = {str(refusal.layer): refusal.reason for refusal in found.of(BY_FIXED_POINT)}
    assert set(told) == {"backbone.0.1 (GELU)", "backbone.0.3 (average pooling)", "backbone.0.4 (Sigmoid)"}
    assert "no ceil_mode" in told["backbone.0.3 (average pooling)"]
    assert "it knows convolution" in told["backbone.0.1 (GELU)"]


def test_an_average_is_never_called_a_convolution() -> None:
    found = check(one_stage(nn.AvgPool2d(2), nn.ReLU()), "Averaging", ZC706)
    assert answers(found)["backbone.0.1"] == ("average pooling", YES, YES, YES)
    assert not found.refusals


class Gated(nn.Module):
    """A product of two branches."""

    def __init__(self) -> None:
        super().__init__()
        self.values = nn.Conv2d(4, 4, kernel_size=3, padding=1)
        self.gates = nn.Sequential(nn.Conv2d(4, 4, kernel_size=1), nn.GELU(), nn.Conv2d(4, 4, kernel_size=1))

    def forward(self, x: Tensor) -> Tensor:
        return self.values(x) * self.gates(x)


def test_nobody_says_yes_to_a_layer_that_only_a_refused_one_follows() -> None:
    found = check(one_stage(Gated(), nn.ReLU()), "Gated", ZC706)
    assert {name: given for name, (_, *given) in answers(found).items() if "0.1." in name} == {
        "backbone.0.1.values": [YES, YES, YES],
        "backbone.0.1.gates.0": [NOT_ASKED, NOT_ASKED, NOT_ASKED],
        "backbone.0.1.gates.1": [NO, NOT_ASKED, NOT_ASKED],
        "backbone.0.1.gates.2": [NOT_ASKED, NOT_ASKED, NOT_ASKED],
        "backbone.0.1.mul": [NO, NOT_ASKED, NOT_ASKED],
    }
    assert answers(found)["backbone.0.2"] == ("ReLU", YES, YES, YES)
    console = Console(width=300)
    with console.capture() as capture:
        console.print(check_tables(found))
    assert (
        "  backbone.0.1.gates.0 (convolution), backbone.0.1.gates.2 (convolution): "
        "only backbone.0.1.mul (multiplication) follows, which is refused\n"
    ) in re.sub(" +\n", "\n", capture.get())


class Branching(nn.Module):
    """Control flow on data."""

    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 0) else -x


def test_what_cannot_be_traced_is_narrowed_down_to_the_innermost_module(
    capfd: pytest.CaptureFixture[str],
) -> None:
    found = check(one_stage(nn.Sequential(nn.ReLU(), Branching()), nn.MaxPool2d(2)), "Branching", ZC706)
    assert answers(found)["backbone.0.1.1"] == ("Branching", NO, NOT_ASKED, NOT_ASKED)
    assert answers(found)["backbone.0.2"] == ("max pooling", YES, YES, YES)
    assert "def forward" not in "".join(capfd.readouterr()), "the exporter prints its half of a graph"


@pytest.mark.parametrize("weight", [1e-3, 1e3])
def test_a_clip_is_taken_whether_random_weights_reach_it_or_not(weight: float) -> None:
    network = one_stage(nn.MaxPool2d(2), nn.ReLU6())
    nn.init.constant_(network.backbone[0][0].weight, weight)
    found = check(network, "Clipping", ZC706)
    assert answers(found)["backbone.0.2"] == ("ReLU6", YES, YES, YES)


def test_a_clip_behind_a_refused_layer_is_not_refused_for_it() -> None:
    without = {operator: read for operator, read in _OPERATORS.items() if operator != "MaxPool"}
    with patch("fpga_ee.hardware.readers.chain._OPERATORS", without):
        found = check(one_stage(nn.MaxPool2d(2), nn.ReLU6()), "Clipping", ZC706)
    assert answers(found)["backbone.0.1"] == ("max pooling", YES, NO, NO)
    assert answers(found)["backbone.0.2"] == ("ReLU6", YES, YES, YES)


def test_a_layer_that_is_too_large_for_exact_sums_is_named() -> None:
    network = one_stage(nn.ReLU())
    large = nn.Linear(4 * 64, 3)
    network.exits[0][1] = large
    network.backbone[0] = nn.Sequential(nn.Flatten(), nn.Linear(64, 40_000), nn.ReLU())
    network.exits[0] = nn.Linear(40_000, 3)
    nn.init.constant_(network.exits[0].weight, 0.98)
    found = check(network, "Large", ZC706)
    assert [str(refusal.layer) for refusal in found.refusals] == ["exits.0 (linear layer)"]
    assert "an accumulator could reach" in found.refusals[0].reason
    assert found.not_asked.keys() == {BY_FPGACONVNET, BY_OUR_LIBRARY}


def test_a_stage_that_computes_nothing_is_a_refusal_of_the_network() -> None:
    network = one_stage()
    network.backbone[0] = nn.Identity()
    network.exits[0] = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    found = check(network, "Idle", ZC706)
    assert [(refusal.taker, refusal.layer) for refusal in found.refusals] == [
        (BY_FPGACONVNET, None),
        (BY_OUR_LIBRARY, None),
    ]
    assert (
        found.refusals[0].reason
        == "backbone_0.onnx: it holds no layer: backbone parts and exits need at least one"
    )


BOARD = """
name = "tiny"
part = "XC7A12T"
source = "none"
clock_mhz = 100
[resources]
lut = {lut}
lut_inputs = 6
ff = 16000
dsp = {dsp}
bram18 = {bram}
[memory]
bandwidth_gb_s = 1
"""


@pytest.mark.parametrize(
    ("resources", "missing"),
    [
        ({"lut": 100, "dsp": 40, "bram": 40}, "LUT of 100"),
        ({"lut": 90_000, "dsp": 40, "bram": 1}, "BRAM of 1"),
        ({"lut": 90_000, "dsp": 1, "bram": 90}, "2 DSP of 1"),
    ],
)
def test_the_resource_that_is_missing_on_a_board_is_named(
    resources: dict[str, int], missing: str, tmp_path: Path
) -> None:
    board = tmp_path / "tiny.toml"
    board.write_text(BOARD.format(**resources))
    found = check(one_stage(nn.ReLU()), "Small", boards.load(str(board)))
    model = next(room for room in found.rooms if room.taker == BY_FPGACONVNET)
    assert model.fits is False
    assert missing in model.reason
    assert not found.refusals
    assert not found.passed


def test_a_board_without_a_resource_model_is_no_finding() -> None:
    found = check(one_stage(nn.ReLU()), "Small", boards.load("ecp5-85f"))
    ours = next(room for room in found.rooms if room.taker == BY_OUR_LIBRARY)
    assert ours.fits is None
    assert "does not know" in ours.reason
    assert found.passed


def succeeds(step: Callable[[], object]) -> bool:
    try:
        step()
    except FpgaEeError:
        return False
    return True


def estimated(folder: Path) -> None:
    """Searches as ``hw-estimate`` does, without its pictures."""
    network = files_of("fpgaconvnet").read(folder, None, ZC706)
    early = len(network.graph.stages) - 1
    budget = Budget(ZC706, (1.0, 1.0, 1.0, 1.0), ZC706.clock_mhz)
    Space(network.graph, (1.0,) * early, budget, network.target, (1,) * early).smallest()


def compare_one(found: Check, taker: str, *, succeeds: bool) -> None:
    """A layer is refused exactly where the flow fails."""
    refusals = found.of(taker)
    assert succeeds != bool(refusals), refusals


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("kinds", "number"), [(EVERY_KIND_AND_UNKNOWN_ONES, 0), (HARDWARE_KINDS, 1)])
def test_a_check_says_yes_exactly_where_the_flow_succeeds(
    kinds: Kinds, number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seen: set[bool] = set()

    @seed(int(SEED or 0) + number)
    @given(network=networks(exits=2, kinds=kinds))
    @settings(
        max_examples=draws(5),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def compare(network: EarlyExitNetwork) -> None:
        folder = tmp_path_factory.mktemp("drawn")
        found = check(network, "Drawn", ZC706)

        def exported() -> None:
            quantized = quantize(network, torch.rand(4, *network.input_shape), Widths())
            export_quantized(network, quantized, [ExitRule(ENTROPY, 0.5)], folder / "build")

        taken = succeeds(exported)
        assert taken == (not found.of(BY_FIXED_POINT)), found.refusals
        if taken:
            built = folder / "build"
            compare_one(found, BY_FPGACONVNET, succeeds=succeeds(lambda: estimated(built)))
            compare_one(
                found, BY_OUR_LIBRARY, succeeds=succeeds(lambda: generate(built, Design({}), folder / "rtl"))
            )
        assert all(refusal.layer in found.layers for refusal in found.refusals), found.refusals
        seen.add(taken)

    compare()
    assert True in seen


def test_the_command_ends_with_1_where_something_is_refused_and_with_0_where_nothing_is() -> None:
    refused = fpga_ee("check", "helpers.small_networks:Curved")
    assert refused.code == 1
    assert "backbone.0.3 (GELU)" in refused.out
    taken = fpga_ee("check", "helpers.small_networks:Digits")
    assert taken.code == 0
    assert "TAKEN" in taken.out


def test_a_layer_that_no_stand_in_can_replace_ends_the_check() -> None:
    """The parametrisation of a layer stays when a stand-in replaces the layer."""
    normed = nn.utils.parametrizations.spectral_norm(nn.Conv2d(4, 4, 1))
    with pytest.raises(FpgaEeError, match=r"parametrizations.* neither a weight nor a feature"):
        check(one_stage(normed), "Normed", ZC706)


def test_a_board_without_room_stands_in_the_verdict() -> None:
    layer = AuthoredLayer("backbone.0.0", "convolution")
    found = Check(
        "Net", "ZC706", (layer,), (), {}, {}, (Room(BY_FPGACONVNET, fits=False, reason="too large"),)
    )
    assert not found.passed
    console = Console(width=120)
    with console.capture() as capture:
        console.print(check_tables(found))
    assert f"NOT TAKEN: ZC706 has no room for the smallest design by {BY_FPGACONVNET}" in capture.get()


def test_bad_input_ends_with_2() -> None:
    assert fpga_ee("check", "no_such_network").code == 2
    assert fpga_ee("check", "B_Lenet_se", "--board", "no_such_board").code == 2


@pytest.mark.parametrize("verb", ["train", "calibrate"])
def test_no_training_begins_with_a_network_that_fixed_point_refuses(verb: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "no data"
    result = fpga_ee(verb, "helpers.small_networks:Curved", "--data", nowhere)
    assert result.code == 2
    assert "error: backbone.0.3 (GELU): fixed point does not know" in result.err
    assert "--float" in result.err
    assert "no data" not in result.err, "data would have been loaded before"


def test_what_hardware_refuses_is_told_in_one_line_before_the_training(tmp_path: Path) -> None:
    result = fpga_ee("train", "examples.small_resnet:SmallResNet", "--data", tmp_path / "none")
    assert (
        "note: fpgaConvNet refuses 4 of its layers (`fpga-ee check examples.small_resnet:SmallResNet` says "
        "why)\n"
    ) in result.out
    assert "has neither train-images" in result.err
