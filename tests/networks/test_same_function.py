"""A network whose ways to run are not one function is refused: what is trained must be what is deployed."""

import copy
from collections.abc import Callable, Iterator

import pytest
import torch
from helpers.small_networks import Handwritten, OneExit, Striped, ThreeExits
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork, ExitTest, Inference
from fpga_ee.networks.first_run import run_first
from fpga_ee.networks.same_function import check_same_function

SHAPE = (1, 8, 8)


def check(network: EarlyExitNetwork) -> None:
    """As the catalogue does."""
    run_first(network, "Own")
    check_same_function(network, "Own")


def parts(first: nn.Module | None = None) -> dict[str, object]:
    features = nn.Sequential(nn.Conv2d(1, 4, kernel_size=3), nn.ReLU())
    begins = nn.Sequential(first, features) if first else features
    return {
        "backbone": [begins, nn.Sequential(nn.Flatten(), nn.ReLU())],
        "exits": [nn.Sequential(nn.Flatten(), nn.Linear(144, 3)), nn.Linear(144, 3)],
        "exit_loss_weights": [1.0, 1.0],
        "input_shape": SHAPE,
    }


class Own(EarlyExitNetwork):
    """Two exits; the classes below are other than it in one way each."""

    def __init__(self, first: nn.Module | None = None) -> None:
        super().__init__(**parts(first))  # type: ignore[arg-type]


class NormalisesInForward(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward((images - 0.13) / 0.31)


class HasAStemOfTheSameShape(Own):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 1, kernel_size=3, padding=1)

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(self.stem(images))


class HasAStemOfAnotherShape(Own):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 1, kernel_size=3, stride=2)
        self.exits = nn.ModuleList([nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), nn.Linear(4, 3)])

    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(self.stem(images))


class ScalesItsLogits(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        return [logits * (1 + 1e-7) for logits in super().forward(images)]


class GivesExitsInAnotherOrder(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images)[::-1]


class GivesTheLastExitOnly(Own):
    def forward(self, images: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(images)[-1]


class GivesOneExitTooMany(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        logits = super().forward(images)
        return [*logits, logits[-1]]


class NormalisesInCall(Own):
    def __call__(self, images: Tensor) -> list[Tensor]:
        return super().__call__(images / 2)


class LooksAtBrightness(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        return super().forward(images if float(images[0].mean()) < 0.9 else 1 - images)


class PairsItsStagesAnew(Own):
    def stages(self) -> Iterator[tuple[nn.Module, nn.Module]]:
        for backbone, exit_ in super().stages():
            yield nn.Sequential(backbone, nn.Identity()), exit_


class LeavesAStageOut(Own):
    def stages(self) -> Iterator[tuple[nn.Module, nn.Module]]:
        yield from list(super().stages())[:1]


class InfersNormalised(Own):
    def infer(self, image: Tensor, exit_tests: list[ExitTest]) -> Inference:  # type: ignore[override]
        return super().infer(image / 2, exit_tests)


class InfersByTheNextExit(Own):
    def infer(self, image: Tensor, exit_tests: list[ExitTest]) -> Inference:  # type: ignore[override]
        inference = super().infer(image, exit_tests)
        return Inference(self(image)[-1], inference.exit_index)


class JudgesOtherLogits(Own):
    def infer(self, image: Tensor, exit_tests: list[ExitTest]) -> Inference:  # type: ignore[override]
        return super().infer(image, [lambda logits, test=test: test(logits / 2) for test in exit_tests])


class GivesAnotherLabel(Own):
    def infer(self, image: Tensor, exit_tests: list[ExitTest]) -> Inference:  # type: ignore[override]
        inference = super().infer(image, exit_tests)
        return Relabelled(inference.logits, inference.exit_index)


class Relabelled(Inference):
    @property
    def label(self) -> int:
        return (super().label + 1) % 3


class NeverLeavesEarly(Own):
    def infer(self, image: Tensor, exit_tests: list[ExitTest]) -> Inference:  # type: ignore[override]
        return super().infer(image, [lambda logits, test=test: test(logits) & False for test in exit_tests])


class StaysInTraining(Own):
    def train(self, mode: bool = True) -> "StaysInTraining":  # noqa: ARG002
        return super().train(mode=True)


class GivesMoreInTraining(Own):
    def forward(self, images: Tensor) -> list[Tensor]:
        logits = super().forward(images)
        return [*logits, logits[0]] if self.training else logits


class AddsNoise(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 0.01 * torch.randn_like(x)


class Remembers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.last: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        before, self.last = self.last, x.mean()
        return x if before is None else x + before


class Counts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x


class Centres(nn.Module):
    """By the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean()


class CastsAndStays(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.float()


class CastsAndReturns(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (x.float() / 3).to(x.dtype)


class FiltersByOneOfItsOwn(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, torch.ones(1, 1, 1, 1))


class Explodes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / 0 - x / 0


def hooked(register: Callable[[nn.Module], object]) -> EarlyExitNetwork:
    network = Own()
    register(network)
    return network


def halves(_module: nn.Module, inputs: tuple[Tensor]) -> Tensor:
    return inputs[0] / 2


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
