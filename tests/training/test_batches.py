"""Images reach the training in batches of the right size."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.training.batches import TrainingBatches


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 200), (64, 4), (128, 2), (1000, 1)])
def test_small_training_batches_do_not_make_the_validation_slow(
    train_images: LabelledImages, validation_images: LabelledImages, batch_size: int, steps: int
) -> None:
    batches = TrainingBatches(train_images, validation_images, batch_size, seed=0)
    batches.trainer = cast("Any", SimpleNamespace(world_size=1, global_rank=0, current_epoch=0))
    assert len(list(batches.train_dataloader())) == steps
    assert len(list(batches.val_dataloader())) == 1
