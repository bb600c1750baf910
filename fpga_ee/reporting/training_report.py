"""A training as a table: the accuracy of each exit."""

from collections.abc import Sequence

from rich.table import Table

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
