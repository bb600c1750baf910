"""A line for every epoch and a bar over all of them, while a network is trained."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fpga_ee.training.record import TrainingRecord


class TrainingProgress(Callback):
    """One line for every finished epoch and, on a terminal, a bar over all epochs below them."""

    def __init__(self, record: TrainingRecord) -> None:
        """Show the epochs of ``record``, which must precede this callback in the trainer's list."""
        self.record = record
        self.console = Console(markup=False, emoji=False)
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.bar.add_task("")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Begin, or go on where the interrupted run was."""
        if trainer.is_global_zero:
            self.bar.start()
        self._update(trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any, **__: Any) -> None:  # noqa: ARG002
        """Advance by one batch."""
        self.bar.advance(self.task)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Tell how the epoch went."""
        if trainer.is_global_zero:
            epoch = self.record.epochs[-1]
            accuracies = " / ".join(f"{accuracy:.2%}" for accuracy in epoch.validation_accuracy)
            best = ", the lowest yet" if epoch is self.record.best else ""
            self.console.print(
                f"epoch {epoch.number}: accuracy {accuracies}, "
                f"validation loss {epoch.validation_loss:.4f}{best}",
                highlight=False,
            )
        self._update(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Remove the bar."""
        self.bar.stop()

    def on_exception(
        self,
        trainer: Trainer,  # noqa: ARG002
        pl_module: LightningModule,  # noqa: ARG002
        exception: BaseException,  # noqa: ARG002
    ) -> None:
        """Remove the bar, so that the error can be read."""
        self.bar.stop()

    def _update(self, trainer: Trainer) -> None:
        done, at_most = len(self.record.epochs), trainer.max_epochs or 0
        self.bar.update(
            self.task,
            description=f"epoch {min(done + 1, at_most)} of at most {at_most}",
            total=at_most * trainer.num_training_batches,
            completed=done * trainer.num_training_batches,
        )
