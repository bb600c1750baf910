"""What a training has come to, for people and for files."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from fpga_ee.artifacts.manifest import sha256
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.training.fit import TrainingResult


def training_table(network: str, result: TrainingResult, test_accuracy: Sequence[float] | None) -> Table:
    """One row an exit: its accuracy if all images took it.

    Args:
        network: The network's name.
        result: How the training went.
        test_accuracy: Per exit, between 0 and 1; None where the test split is not at hand.
    """
    table = Table(title=f"{network}: weights of epoch {result.best.number} of {result.stopping_epoch}")
    table.add_column("exit", justify="right")
    table.add_column("validation accuracy", justify="right")
    table.add_column("test accuracy", justify="right")
    for index, accuracy in enumerate(result.best.validation_accuracy):
        test = f"{test_accuracy[index]:.2%}" if test_accuracy else "not measured"
        table.add_row(str(index), f"{accuracy:.2%}", test)
    return table


def training_summary(
    network: str,
    start: Path | None,
    splits: Sequence[LabelledImages],
    result: TrainingResult,
    test_accuracy: Sequence[float] | None,
) -> dict[str, Any]:
    """The content of ``training.json``.

    It holds nothing of time or machine, so that the same training writes the same bytes.

    Args:
        network: The network's name.
        start: The weights it started from; None where they were random.
        splits: The images that were used.
        result: How the training went.
        test_accuracy: Per exit, between 0 and 1; None where the test split is not at hand.
    """
    return {
        "network": network,
        "settings": asdict(result.settings),
        "start_sha256": sha256(start) if start else None,
        "splits": {split.name: len(split) for split in splits},
        "best_epoch": result.best.number,
        "stopping_epoch": result.stopping_epoch,
        "validation_loss": result.best.validation_loss,
        "validation_accuracy": list(result.best.validation_accuracy),
        "test_accuracy": list(test_accuracy) if test_accuracy else None,
        "epochs": [asdict(epoch) for epoch in result.epochs],
        "versions": {package: version(package) for package in ("torch", "lightning", "numpy")},
    }
