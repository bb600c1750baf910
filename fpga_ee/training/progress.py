"""The progress bar of a training."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fpga_ee.training.record import TrainingRecord


class TrainingProgress(Callback):
    """One bar over all epochs, and how the last epoch went."""

    def __init__(self, record: TrainingRecord) -> None:
        """Show what ``record`` notes; it must stand before this callback in the trainer's list."""
        self.record = record
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),
            TimeRemainingColumn(),
            TextColumn("{task.fields[news]}"),
            transient=True,
        )
        self.task = self.bar.add_task("epoch 1", total=None, news="")

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Begin, or go on where the interrupted run was."""
        if trainer.is_global_zero:
            self.bar.start()
        self._show(trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any, **__: Any) -> None:  # noqa: ARG002
        """Advance by one batch."""
        self.bar.advance(self.task)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        """Tell how the epoch went."""
        self._show(trainer)

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

    def _show(self, trainer: Trainer) -> None:
        done, at_most = len(self.record.epochs), trainer.max_epochs or 0
        news = ""
        if self.record.epochs:
            last = self.record.epochs[-1]
            accuracies = " / ".join(f"{accuracy:.2%}" for accuracy in last.validation_accuracy)
            news = f"loss {last.validation_loss:.4f}, exits {accuracies}"
        self.bar.update(
            self.task,
            description=f"epoch {min(done + 1, at_most)} of at most {at_most}",
            total=at_most * trainer.num_training_batches,
            completed=done * trainer.num_training_batches,
            news=news,
        )
