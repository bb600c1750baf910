"""An early-exit network: a backbone of stages, with an exit after each stage."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import torch
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError

ExitTest = Callable[[Tensor], Tensor]
"""An exit rule: logits [N, classes] to bool [N], True where the sample leaves."""


@dataclass(frozen=True)
class Inference:
    """The result of early-exit inference of one sample.

    Attributes:
        logits: Logits of the exit that was taken, float32 [1, classes].
        exit_index: Index of the exit that was taken, from 0.
    """

    logits: Tensor
    exit_index: int

    @property
    def label(self) -> int:
        """The class with the largest logit; the first of several equal ones."""
        return int(self.logits.argmax(dim=1))


class EarlyExitNetwork(nn.Module):
    """A backbone cut into stages, with one exit after every stage.

    Stage i maps feature map i-1 (the image for i = 0) to feature map i; exit i maps feature map i to
    the logits of exit i. The last exit is the network's ordinary output.

    Attributes:
        backbone: The stages' backbone parts.
        exits: The exits, one per stage.
        exit_loss_weights: Weight of each exit's loss in joint training, finite and at least 0.
        input_shape: Channels, height and width of one input image.
        data_set: Name of the data set that the network is made for; a subclass may name another.
    """

    data_set: ClassVar[str] = "mnist"

    def __init__(
        self,
        *,
        backbone: Sequence[nn.Module],
        exits: Sequence[nn.Module],
        exit_loss_weights: Sequence[float],
        input_shape: tuple[int, int, int],
    ) -> None:
        """Join the parts to a network.

        Raises:
            FpgaEeError: The numbers of stages, exits and loss weights differ, or there are none, or a loss
                weight is no finite number of at least 0.
        """
        super().__init__()
        if not len(backbone) == len(exits) == len(exit_loss_weights) > 0:
            raise FpgaEeError(
                f"{type(self).__name__}: every stage needs one exit and one loss weight, but there are "
                f"{len(backbone)} stages, {len(exits)} exits and {len(exit_loss_weights)} loss weights"
            )
        for index, weight in enumerate(exit_loss_weights):
            if not (isinstance(weight, Real) and math.isfinite(weight) and weight >= 0):
                raise FpgaEeError(
                    f"{type(self).__name__}: the loss weight of exit {index} is {weight!r}; "
                    "give a finite number of at least 0"
                )
        self.backbone = nn.ModuleList(backbone)
        self.exits = nn.ModuleList(exits)
        self.exit_loss_weights = tuple(exit_loss_weights)
        self.input_shape = input_shape

    def stages(self) -> Iterator[tuple[nn.Module, nn.Module]]:
        """Go through the stages: pairs of a backbone part and its exit."""
        return zip(self.backbone, self.exits, strict=True)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Compute the logits of every exit, each float32 [N, classes], from float32 [N, *input_shape]."""
        logits = []
        feature_map = images
        for backbone, exit_ in self.stages():
            feature_map = backbone(feature_map)
            logits.append(exit_(feature_map))
        return logits

    @torch.inference_mode()
    def infer(self, image: Tensor, exit_tests: Sequence[ExitTest]) -> Inference:
        """Run one image up to the first exit that is taken, and no further.

        Args:
            image: float32 [1, *input_shape].
            exit_tests: A test for every exit but the last, which takes all samples that reach it.

        Raises:
            FpgaEeError: The batch is not one image, or the number of tests does not fit.
        """
        if image.shape[0] != 1:
            raise FpgaEeError(
                f"early-exit inference takes one image at a time, not a batch of {image.shape[0]}: "
                "images of one batch would leave at different exits"
            )
        if len(exit_tests) != len(self.exits) - 1:
            raise FpgaEeError(
                f"{len(self.exits)} exits need {len(self.exits) - 1} exit rules, got {len(exit_tests)}"
            )
        feature_map = image
        for index, (backbone, exit_) in enumerate(self.stages()):
            feature_map = backbone(feature_map)
            logits = exit_(feature_map)
            if index == len(exit_tests) or bool(exit_tests[index](logits)):
                break
        return Inference(logits, index)

    def feature_map_shapes(self) -> list[tuple[int, ...]]:
        """List the shape of every stage's feature map for one image, without the batch dimension."""
        shapes = []
        feature_map = torch.zeros(1, *self.input_shape)
        with torch.inference_mode():
            for backbone in self.backbone:
                feature_map = backbone(feature_map)
                shapes.append(tuple(feature_map.shape[1:]))
        return shapes
