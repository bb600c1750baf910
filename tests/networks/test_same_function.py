"""A network whose ways to run are not one function is refused: the trained function must be deployed."""

import copy
from collections.abc import Callable

import pytest
import torch
from helpers.small_networks import Handwritten, OneExit, Striped, ThreeExits
from helpers.two_functions import (
    AddsNoise,
    CastsAndReturns,
    CastsAndStays,
    Centres,
    Counts,
    Explodes,
    FiltersByOneOfItsOwn,
    GivesAnotherLabel,
    GivesExitsInAnotherOrder,
    GivesMoreInTraining,
    GivesOneExitTooMany,
    GivesTheLastExitOnly,
    HasAStemOfAnotherShape,
    HasAStemOfTheSameShape,
    InfersByTheNextExit,
    InfersNormalised,
    JudgesOtherLogits,
    LeavesAStageOut,
    LooksAtBrightness,
    NeverLeavesEarly,
    NormalisesInCall,
    NormalisesInForward,
    Own,
    PairsItsStagesAnew,
    Remembers,
    ScalesItsLogits,
    StaysInTraining,
    halves,
    hooked,
)
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.first_run import run_first
from fpga_ee.networks.same_function import check_same_function


def check(network: EarlyExitNetwork) -> None:
    """As the catalogue does."""
    run_first(network, "Own")
    check_same_function(network, "Own")


NOT_STAGES = r"forward, which is trained, and the stages, .* are not the same function: the logits of exit \d"
REMEMBERS = "gives other logits of the same images when it is called again"
CASES: dict[str, tuple[Callable[[], EarlyExitNetwork], str]] = {
    "normalises in forward": (NormalisesInForward, NOT_STAGES + r".*BatchNorm2d\(channels, affine=False\)"),
    "a stem outside of the stages": (HasAStemOfTheSameShape, NOT_STAGES + ".* a stem into the first part"),
    "a stem of another shape": (
        HasAStemOfAnotherShape,
        r"its forward runs, but its stages alone, .* do not: exits\.0: RuntimeError.*put a stem into",
    ),
    "a millionth more": (ScalesItsLogits, NOT_STAGES),
    "exits in another order": (GivesExitsInAnotherOrder, NOT_STAGES),
    "the last exit only": (GivesTheLastExitOnly, "forward must give a list of the logits of every exit"),
    "one exit too many": (GivesOneExitTooMany, "forward gives the logits of 3 exits, but there are 2"),
    "normalises in __call__": (NormalisesInCall, NOT_STAGES),
    "a hook before the network": (
        lambda: hooked(lambda own: own.register_forward_pre_hook(halves)),
        NOT_STAGES,
    ),
    "looks at brightness": (LooksAtBrightness, "Own: forward (gives an image other|, which is trained)"),
    "stages of its own": (PairsItsStagesAnew, r"stages\(\) must give backbone\.0 with exits\.0"),
    "a stage left out": (LeavesAStageOut, r"stages\(\) must give|forward gives the logits of 1 exits"),
    "infer normalises": (InfersNormalised, "infer and forward are not the same function"),
    "infer gives another exit": (InfersByTheNextExit, "infer and forward are not the same function"),
    "infer tests other logits": (JudgesOtherLogits, "infer and forward are not the same function"),
    "infer gives another label": (GivesAnotherLabel, "infer and forward are not the same function"),
    "infer never leaves early": (NeverLeavesEarly, "infer and forward are not the same function"),
    "stays in training mode": (StaysInTraining, r"the network stays in training mode after eval\(\)"),
    "more exits in training": (GivesMoreInTraining, "forward gives the logits of 3 exits"),
    "random in evaluation": (
        lambda: Own(AddsNoise()),
        REMEMBERS,
    ),
    "remembers": (lambda: Own(Remembers()), REMEMBERS),
    "counts in a buffer": (lambda: Own(Counts()), r"changes its buffer backbone\.0\.0\.calls when it runs"),
    "looks at the batch": (lambda: Own(Centres()), "gives an image other logits alone than among others"),
    "batch statistics": (
        lambda: Own(nn.BatchNorm2d(1, track_running_stats=False)),
        "gives an image other logits alone .* track running statistics",
    ),
    "casts to float32": (
        lambda: Own(CastsAndStays()),
        r"in float64.*backbone\.0: RuntimeError.*dtype=x\.dtype",
    ),
    "filters by a float32 tensor": (
        lambda: Own(FiltersByOneOfItsOwn()),
        r"runs in float32, but not in float64.*backbone\.0: RuntimeError.*dtype=x\.dtype",
    ),
    "no numbers": (lambda: Own(Explodes()), "exit 0 gives logits that are no finite numbers"),
}


@pytest.mark.parametrize(("make", "message"), CASES.values(), ids=CASES.keys())
def test_what_is_not_one_function_is_one_line(make: Callable[[], EarlyExitNetwork], message: str) -> None:
    torch.manual_seed(1)
    with pytest.raises(FpgaEeError, match=message) as refused:
        check(make())
    assert "Own" in str(refused.value)
    assert "\n" not in str(refused.value)


class Shifts(Own):
    """By nothing, until it is trained."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images + self.shift)


class Gates(Own):
    """By 1, until it is trained."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.ones(1))

    def forward(self, images: Tensor) -> list[Tensor]:
        return [logits * self.gate for logits in super().forward(images)]


@pytest.mark.parametrize("make", [Shifts, Gates])
def test_a_difference_that_only_trained_weights_show_is_found_before_the_training(
    make: Callable[[], EarlyExitNetwork],
) -> None:
    torch.manual_seed(1)
    with pytest.raises(FpgaEeError, match=NOT_STAGES):
        check_same_function(make(), "Own")


class Casts(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return super().forward(images)


class CastsInside(Own):
    """By hand, and back, so that neither float64 nor the dtype of the logits shows it."""

    def forward(self, images: Tensor) -> list[Tensor]:
        every_exit = super().forward(images)
        return [x.bfloat16().float() if x.dtype == torch.float32 else x for x in every_exit]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Casts, "forward gives bfloat16 logits at exit 0"),
        (CastsInside, "in float64 they agree: cast"),
    ],
)
def test_a_cast_that_float64_does_not_show_is_refused(
    make: Callable[[], EarlyExitNetwork], message: str
) -> None:
    torch.manual_seed(1)
    with pytest.raises(FpgaEeError, match=message):
        check_same_function(make(), "Own")


def test_a_forward_that_looks_at_the_size_of_a_large_batch_is_refused() -> None:
    class ScalesLargeBatches(Own):
        def forward(self, images: Tensor) -> list[Tensor]:
            return super().forward(images if len(images) <= 8 else images / 2)

    torch.manual_seed(1)
    with pytest.raises(FpgaEeError, match=r"other logits among 36 images than among 6, at exit 0"):
        check_same_function(ScalesLargeBatches(), "Own")


@pytest.mark.parametrize(("limit", "found"), [(64, 131), (127, 131), (131, 257), (499, 503), (1000, 1009)])
def test_so_is_one_that_looks_at_the_size_of_the_batches_of_training_or_calibration(
    limit: int, found: int
) -> None:
    class ScalesLargeBatches(Own):
        def forward(self, images: Tensor) -> list[Tensor]:
            return super().forward(images * (0.5 if len(images) > limit else 1.0))

    torch.manual_seed(1)
    with pytest.raises(FpgaEeError, match=f"other logits among {found} images than among 6, at exit 0"):
        check_same_function(ScalesLargeBatches(), "Own")


@pytest.mark.parametrize(
    "make",
    [
        Own, Striped, ThreeExits, OneExit, Handwritten, lambda: Own(CastsAndReturns()),
        lambda: Own(nn.BatchNorm2d(1, affine=False)), lambda: Own(nn.Dropout(0.5)),
    ],
)  # fmt: skip
def test_networks_that_are_one_function_pass(make: Callable[[], EarlyExitNetwork]) -> None:
    check(make())


def test_classes_that_tie_are_told_apart_by_rounding_alone_and_pass() -> None:
    network = Own()
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.99)
    check(network)


def test_a_forward_that_computes_the_same_in_another_order_passes() -> None:
    class BackboneFirst(Own):
        def forward(self, images: Tensor) -> list[Tensor]:
            maps = [images]
            for backbone in self.backbone:
                maps.append(backbone(maps[-1]))
            return [exit_(each) for exit_, each in zip(self.exits, maps[1:], strict=True)]

    check(BackboneFirst())


@pytest.mark.parametrize("training", [True, False])
def test_the_network_and_the_callers_random_numbers_are_left_as_they_were(training: bool) -> None:
    network = Own(nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5))).train(training)
    before = copy.deepcopy(network.state_dict())
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    check_same_function(network, "Own")
    assert torch.equal(torch.rand(3), expected)
    assert all(module.training is training for module in network.modules())
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert {tensor.dtype for tensor in after.values()} == {torch.float32, torch.int64}
