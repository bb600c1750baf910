"""Splits to train on, and a training that breaks off."""

from typing import Any

import pytest
from helpers.trainings import InterruptionError, Splits
from lightning.pytorch import Callback, Trainer

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.training.progress_bar import TrainingProgress


@pytest.fixture
def splits(train_images: LabelledImages, validation_images: LabelledImages) -> Splits:
    return train_images, validation_images


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes trainings break off in an epoch's second batch."""

    def arrange(epoch: int) -> None:
        def on_train_batch_start(_: Callback, trainer: Trainer, *__: Any) -> None:
            if trainer.current_epoch + 1 == epoch and trainer.global_step % 2 == 1:
                raise InterruptionError

        monkeypatch.setattr(TrainingProgress, "on_train_batch_start", on_train_batch_start)

    return arrange
