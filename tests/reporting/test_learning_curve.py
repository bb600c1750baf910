"""The learning curve is a picture and a table of the same numbers, in the same bytes every time."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.reporting.learning_curve import write_learning_curve_csv, write_learning_curve_png
from fpga_ee.training.fit import TrainingResult
from fpga_ee.training.record import Epoch
from fpga_ee.training.settings import TrainingSettings

EPOCHS = (
    Epoch(1, 0.75, 0.25, (0.9, 0.91)),
    Epoch(2, 0.5, 0.125, (0.95, 0.96)),
    Epoch(3, 0.375, 0.1875, (0.94, 0.97)),
)
RESULT = TrainingResult(settings=TrainingSettings(), epochs=EPOCHS, best=EPOCHS[1])


def test_the_table_has_one_row_an_epoch(tmp_path: Path) -> None:
    write_learning_curve_csv(RESULT, tmp_path / "curve.csv")
    with (tmp_path / "curve.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        [
            "epoch",
            "train_loss",
            "validation_loss",
            "validation_accuracy_exit_0",
            "validation_accuracy_exit_1",
        ],
        ["1", "0.75", "0.25", "0.9", "0.91"],
        ["2", "0.5", "0.125", "0.95", "0.96"],
        ["3", "0.375", "0.1875", "0.94", "0.97"],
    ]


def test_the_picture_is_a_png_without_time_or_version(tmp_path: Path) -> None:
    write_learning_curve_png("B_Lenet", RESULT, tmp_path / "curve.png")
    content = (tmp_path / "curve.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert b"tEXt" not in content
    assert b"tIME" not in content


def test_the_same_training_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_learning_curve_png("B_Lenet", RESULT, tmp_path / f"{name}.png")
        write_learning_curve_csv(RESULT, tmp_path / f"{name}.csv")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_a_training_of_one_epoch_can_be_drawn(tmp_path: Path) -> None:
    write_learning_curve_png(
        "B_Lenet", replace(RESULT, epochs=EPOCHS[:1], best=EPOCHS[0]), tmp_path / "curve.png"
    )
    assert (tmp_path / "curve.png").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FpgaEeError, match="cannot write"):
        write_learning_curve_csv(RESULT, tmp_path / "file" / "curve.csv")
    with pytest.raises(FpgaEeError, match="cannot write"):
        write_learning_curve_png("B_Lenet", RESULT, tmp_path / "file" / "curve.png")
