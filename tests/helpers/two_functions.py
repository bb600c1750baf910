"""Networks whose ways to run are not one function."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from fpga_ee.networks.early_exit import EarlyExitNetwork, ExitTest, Inference

SHAPE = (1, 8, 8)


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
