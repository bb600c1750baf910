"""The learning curve of a training, as a picture and as numbers."""

import csv
from pathlib import Path

from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from fpga_ee.files.writing import replacing
from fpga_ee.reporting.picture import picture
from fpga_ee.training.fit import TrainingResult

TRAIN_COLOUR = "#8a8a8a"
VALIDATION_COLOUR = "#1f5fa8"
BEST_COLOUR = "#c0392b"


def write_learning_curve_csv(result: TrainingResult, path: Path) -> None:
    """Write one row for each epoch: losses, and the validation accuracy of every exit.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    exits = range(len(result.best.validation_accuracy))
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        accuracies = [f"validation_accuracy_exit_{index}" for index in exits]
        writer.writerow(["epoch", "train_loss", "validation_loss", *accuracies])
        for epoch in result.epochs:
            writer.writerow(
                [epoch.number, epoch.train_loss, epoch.validation_loss, *epoch.validation_accuracy]
            )


def write_learning_curve_png(network: str, result: TrainingResult, path: Path) -> None:
    """Draw both losses over the epochs, and mark the epoch with the kept weights.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    with picture(path, (7, 4.2)) as figure:
        axes = figure.add_subplot()
        numbers = [epoch.number for epoch in result.epochs]
        axes.plot(
            numbers,
            [epoch.train_loss for epoch in result.epochs],
            color=TRAIN_COLOUR,
            marker=".",
            label="training, distorted images",
        )
        axes.plot(
            numbers,
            [epoch.validation_loss for epoch in result.epochs],
            color=VALIDATION_COLOUR,
            marker=".",
            label="validation, unchanged images",
        )
        best = result.best
        axes.axvline(best.number, color=BEST_COLOUR, linewidth=1, linestyle="--", zorder=1)
        axes.plot(
            best.number,
            best.validation_loss,
            color=BEST_COLOUR,
            marker="o",
            markersize=8,
            linestyle="none",
            label=f"early-stopping checkpoint (epoch {best.number}, loss {best.validation_loss:.4f})",
        )
        # Losses fall by an order of magnitude, mostly in the first epochs.
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("epoch")
        axes.set_ylabel("joint loss (weighted sum over the exits)")
        axes.set_title(f"{network}: training to epoch {result.stopping_epoch}")
        axes.grid(visible=True, color="#e6e6e6", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.legend(loc="upper right", framealpha=1, edgecolor="none")
