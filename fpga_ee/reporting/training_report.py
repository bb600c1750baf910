"""A training as a table: the accuracy of each exit."""

from collections.abc import Sequence

from rich.table import Table

from fpga_ee.training.fit import TrainingResult


def training_table(network: str, result: TrainingResult, test_accuracy: Sequence[float] | None) -> Table:
    """Show one row for each exit: its accuracy if all images take it.

    Args:
        network: The network's name.
        result: Figures of the training.
        test_accuracy: Accuracy of each exit, from 0 to 1; None where the test split is missing.
    """
    table = Table(title=f"{network}: weights of epoch {result.best.number} of {result.stopping_epoch}")
    table.add_column("exit", justify="right")
    table.add_column("validation accuracy", justify="right")
    table.add_column("test accuracy", justify="right")
    for index, accuracy in enumerate(result.best.validation_accuracy):
        test = f"{test_accuracy[index]:.2%}" if test_accuracy else "not measured"
        table.add_row(str(index), f"{accuracy:.2%}", test)
    return table
