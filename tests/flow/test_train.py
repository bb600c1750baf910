"""The summary of a training holds its settings and its results."""

import hashlib
from pathlib import Path

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.flow.train import training_summary
from fpga_ee.training.fit import TrainingResult
from fpga_ee.training.record import Epoch
from fpga_ee.training.settings import TrainingSettings

EPOCHS = (Epoch(1, 0.75, 0.125, (0.95, 0.96)), Epoch(2, 0.5, 0.25, (0.9, 0.91)))
RESULT = TrainingResult(settings=TrainingSettings(seed=7), epochs=EPOCHS, best=EPOCHS[0])


def test_the_summary_holds_all_that_decided_the_training_and_what_came_of_it(
    train_images: LabelledImages, validation_images: LabelledImages, tmp_path: Path
) -> None:
    start = tmp_path / "start.pth"
    start.write_bytes(b"weights")
    summary = training_summary("B_Lenet", start, [train_images, validation_images], RESULT, None)
    assert summary["network"] == "B_Lenet"
    assert summary["settings"]["seed"] == 7
    assert summary["start_sha256"] == hashlib.sha256(b"weights").hexdigest()
    assert summary["splits"] == {"stripes train": 200, "stripes validation": 100}
    assert summary["best_epoch"] == 1
    assert summary["stopping_epoch"] == 2
    assert summary["validation_loss"] == 0.125
    assert summary["validation_accuracy"] == [0.95, 0.96]
    assert summary["test_accuracy"] is None
    assert [epoch["train_loss"] for epoch in summary["epochs"]] == [0.75, 0.5]
    assert summary["versions"].keys() == {"torch", "lightning", "numpy"}
