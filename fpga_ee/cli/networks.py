"""The verbs for networks: list them, check them, train them."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fpga_ee.cli.options import DataOption, DataSetOption, NetworkArgument, OnlyFloatOption
from fpga_ee.hardware.fpga.boards import DEFAULT_BOARD
from fpga_ee.reporting.console import console
from fpga_ee.training.settings import TrainingSettings

DEFAULTS = TrainingSettings()


def networks() -> None:
    """List the networks, and whether trained weights exist."""
    from fpga_ee.flow.subject import trained_weights
    from fpga_ee.reporting.network_table import network_table

    console.print(network_table(trained_weights))


def check(
    network: NetworkArgument,
    board: Annotated[
        str,
        typer.Option(
            help="A board in hw/platforms, or a .toml file of your own.", show_default=DEFAULT_BOARD
        ),
    ] = DEFAULT_BOARD,
) -> None:
    """Say in seconds, untrained, which layers fixed point and hardware take, and whether a board has room.

    Asks fixed point (`quantize` and `export`), fpgaConvNet's model (`hw-estimate`) and our hardware library
    (`hw-generate`) about every layer. Weights and images are random, so none are needed. Ends with 0 if all
    three take every layer and the smallest designs fit the board, with 1 if a layer is refused or the board
    has no room, and with 2 for bad input. Unknown answers do not count, for example the room on a board
    without a resource model.
    """
    from fpga_ee.flow.check import check_step
    from fpga_ee.flow.subject import Subject
    from fpga_ee.reporting.check_table import check_tables

    found = check_step(Subject(network), board)
    console.print(check_tables(found))
    if not found.passed:
        raise typer.Exit(1)


def train(
    network: NetworkArgument,
    data: DataOption = None,
    dataset: DataSetOption = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Weights to start from, instead of random ones.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Decides initial weights, order and distortion of images.")
    ] = DEFAULTS.seed,
    epochs: Annotated[int, typer.Option(help="Most passes over the training images.")] = DEFAULTS.max_epochs,
    patience: Annotated[
        int, typer.Option(help="Epochs without a new lowest validation loss after which the training ends.")
    ] = DEFAULTS.patience,
    halving_patience: Annotated[
        int, typer.Option(help="Such epochs after which the learning rate halves.")
    ] = DEFAULTS.halving_patience,
    batch_size: Annotated[int, typer.Option(help="Images per step.")] = DEFAULTS.batch_size,
    learning_rate: Annotated[
        float, typer.Option(help="Step size of the first epoch.")
    ] = DEFAULTS.learning_rate,
    output: Annotated[
        Path | None, typer.Option(help="Folder of the results.", show_default="models/<network>")
    ] = None,
    go_on: Annotated[
        bool, typer.Option("--resume", help="Resume an interrupted training if there is one.")
    ] = False,
    float_: OnlyFloatOption = False,
) -> None:
    """Train a network on its data set and write its weights, learning curve and accuracies.

    First it is checked, as by `fpga-ee check`. It is not trained if fixed point refuses it.
    """
    from fpga_ee.flow.check import refuse_early, refuse_untraceable
    from fpga_ee.flow.subject import Subject
    from fpga_ee.flow.train import resume_training_step, train_step
    from fpga_ee.reporting.training_report import training_table

    subject = Subject(network, start, output, data, dataset)
    settings = TrainingSettings(epochs, patience, halving_patience, batch_size, learning_rate, seed)
    check = partial(refuse_untraceable, subject)
    if not float_:
        check = partial(refuse_early, subject, DEFAULT_BOARD, console.say)
    step = resume_training_step if go_on else train_step
    trained = step(subject, settings, console.say, check)
    if trained is not None:
        console.print(training_table(subject.name, trained.result, trained.test_accuracy))
        console.say(f"written: {trained.folder}")


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    for verb in (networks, check, train):
        app.command()(verb)
