"""The record of a training: the figures of every epoch, and the weights of the best one."""

import math
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import Share, check_record, record
from fpga_ee.files.writing import replacing
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import are_sound

DECIMALS = 6


@record
class Epoch:
    """The figures of one epoch.

    Attributes:
        number: Counted from 1.
        train_loss: Mean joint loss over the distorted training images, while the weights changed.
        validation_loss: Mean joint loss over the validation images, with the epoch's last weights.
        validation_accuracy: Per exit, the share of right answers if all images took it.
    """

    number: int
    train_loss: float
    validation_loss: float
    validation_accuracy: tuple[Share, ...]


class TrainingRecord(Callback):
    """Notes every epoch, keeps the best weights, and halves the rate or stops after epochs without gain.

    The learning rate halves after some epochs in a row without gain, and the training stops after more of
    them. Lightning's own callbacks and schedulers would not do: they write a checkpoint before the learning
    rate changes, so an interrupted run would not end like an uninterrupted run. Here the record is part of
    the checkpoint of every epoch. So a resumed run knows all that the interrupted run knew.

    Attributes:
        settings: Settings that say when the learning rate halves and when the training stops.
        checkpoint: File of the state after every epoch.
        training: Plain values that identify this training.
        begun: True after the checkpoint, if any, has been read.
        epochs: Every epoch so far.
        best_weights: State dict of the network after the best epoch.
    """

    def __init__(
        self,
        network: EarlyExitNetwork,
        settings: TrainingSettings,
        checkpoint: Path,
        training: dict[str, Any],
    ) -> None:
        """Begin an empty record of the training of ``network``."""
        self.network = network
        self.settings = settings
        self.checkpoint = checkpoint
        self.training = training
        self.begun = False
        self.epochs: list[Epoch] = []
        self.best_weights: dict[str, Tensor] = {}

    @property
    def best(self) -> Epoch:
        """The epoch with the lowest validation loss; the first of several equal ones."""
        return min(self.epochs, key=lambda epoch: epoch.validation_loss)

    @property
    def epochs_without_gain(self) -> int:
        """Epochs that have passed since the best one."""
        return self.epochs[-1].number - self.best.number if self.epochs else 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Stop at once if the interrupted run had already stopped."""
        self.begun = True
        self._stop_without_patience(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Note the epoch, and write the checkpoint.

        Raises:
            FpgaEeError: The loss is not a finite number, or the checkpoint cannot be written.
        """
        epoch = self._epoch(trainer)
        if not math.isfinite(epoch.train_loss + epoch.validation_loss):
            raise FpgaEeError(
                f"training diverged: in epoch {epoch.number} the training loss became {epoch.train_loss} and "
                f"the validation loss {epoch.validation_loss}; use a smaller learning rate"
            )
        self.epochs.append(epoch)
        if self.best is epoch:
            self.best_weights = {
                name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()
            }
        elif self.epochs_without_gain % self.settings.halving_patience == 0:
            for group in trainer.optimizers[0].param_groups:
                group["lr"] /= 2
        self._stop_without_patience(trainer)
        # Only the first of several processes writes, so only it has a file to rename.
        writing = replacing(self.checkpoint) if trainer.is_global_zero else nullcontext(self.checkpoint)
        with writing as checkpoint:
            trainer.save_checkpoint(checkpoint)

    def _stop_without_patience(self, trainer: Trainer) -> None:
        trainer.should_stop = self.epochs_without_gain >= self.settings.patience

    def state_dict(self) -> dict[str, Any]:
        """Give the record as plain values, which can be read without running code."""
        return {
            "training": self.training,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "best_weights": self.best_weights,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the record of an interrupted run.

        Raises:
            FpgaEeError: The epochs are invalid.
            ValueError: They are not the first epochs of this training, or the weights are not of its network.
        """
        epochs = check_record(
            tuple[Epoch, ...], state_dict["epochs"], self.checkpoint, "an interrupted training", "start anew"
        )
        if [epoch.number for epoch in epochs] != list(range(1, len(epochs) + 1)):
            raise ValueError("epochs are missing")
        if not 1 <= len(epochs) <= self.settings.max_epochs:
            raise ValueError("more epochs than this training has, or none")
        if any(len(epoch.validation_accuracy) != len(self.network.exits) for epoch in epochs):
            raise ValueError("epochs of a network with other exits")
        best = state_dict["best_weights"]
        if not are_sound(best, self.network.state_dict()):
            raise ValueError("weights of another network")
        self.epochs, self.best_weights = list(epochs), best

    def _epoch(self, trainer: Trainer) -> Epoch:
        # Figures are rounded as in the report, so that the best epoch is also the best one in the report.
        figures = {name: round(float(value), DECIMALS) for name, value in trainer.callback_metrics.items()}
        return Epoch(
            number=trainer.current_epoch + 1,
            train_loss=figures["train_loss"],
            validation_loss=figures["validation_loss"],
            validation_accuracy=tuple(
                figures[f"accuracy_{index}"] for index in range(len(self.network.exits))
            ),
        )
