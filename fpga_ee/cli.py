"""The `fpga-ee` command: arguments in, tables out.

Verbs import what they need when they run, because torch alone takes longer to load than the help should.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from fpga_ee.errors import FpgaEeError
from fpga_ee.training.settings import TrainingSettings

if TYPE_CHECKING:
    from fpga_ee.datasets.labelled_images import LabelledImages

MODELS = Path("models")
DEFAULTS = TrainingSettings()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


def main() -> None:
    """Run the command; bad input ends it with one line on stderr and exit code 2."""
    try:
        app()
    except FpgaEeError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)


@app.callback()
def fpga_ee() -> None:
    """Put early-exit neural networks on FPGAs, exact from PyTorch to the bitstream."""


NetworkArgument = Annotated[
    str, typer.Argument(help="A name that `fpga-ee networks` lists, or package.module:Class for your own.")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the data set's files. Without it they are downloaded once."),
]


@app.command()
def networks() -> None:
    """List the networks and where their trained weights are."""
    from fpga_ee.reporting.network_table import network_table

    console.print(network_table(MODELS))


@app.command()
def train(
    network: NetworkArgument,
    data: DataOption = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Weights to start from, instead of random ones.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Decides initial weights, order and distortion of images.")
    ] = DEFAULTS.seed,
    epochs: Annotated[
        int, typer.Option(help="Passes over the training images at most.")
    ] = DEFAULTS.max_epochs,
    patience: Annotated[
        int, typer.Option(help="Epochs without a new lowest validation loss that end the training.")
    ] = DEFAULTS.patience,
    halving_patience: Annotated[
        int, typer.Option(help="Such epochs that halve the learning rate.")
    ] = DEFAULTS.halving_patience,
    batch_size: Annotated[int, typer.Option(help="Images per step.")] = DEFAULTS.batch_size,
    learning_rate: Annotated[
        float, typer.Option(help="Step size of the first epoch.")
    ] = DEFAULTS.learning_rate,
    output: Annotated[
        Path | None, typer.Option(help="Folder of the results.", show_default="models/<network>")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted training where there is one.")
    ] = False,
) -> None:
    """Train a network on MNIST and write its weights, learning curve and accuracies."""
    from fpga_ee.datasets.mnist import load_mnist
    from fpga_ee.files import write_json
    from fpga_ee.networks.catalogue import make_network
    from fpga_ee.reporting.learning_curve import write_learning_curve_csv, write_learning_curve_png
    from fpga_ee.reporting.training_report import training_summary, training_table
    from fpga_ee.training import fit
    from fpga_ee.training.evaluation import exit_accuracies
    from fpga_ee.training.weights import load_weights, save_weights

    settings = TrainingSettings(epochs, patience, halving_patience, batch_size, learning_rate, seed)
    model = make_network(network, seed)
    name = type(model).__name__
    folder = output or MODELS / name
    if start is not None:
        load_weights(model, start)
    splits = load_mnist("train", data), load_mnist("validation", data)
    if not resume:
        fit.discard_checkpoint(folder)
    try:
        result = fit.train(model, *splits, settings, folder)
    except KeyboardInterrupt:
        typer.echo("interrupted; the same command with --resume goes on after the last finished epoch")
        raise
    if not fit.is_first_process():
        return
    test_images = _test_images(data)
    test_accuracy = exit_accuracies(model, test_images) if test_images else None
    save_weights(model, folder / "weights.safetensors")
    summary = training_summary(name, start, splits, result, test_accuracy)
    write_json(folder / "training.json", summary)
    write_learning_curve_csv(result, folder / "learning_curve.csv")
    write_learning_curve_png(name, result, folder / "learning_curve.png")
    fit.discard_checkpoint(folder)
    console.print(training_table(name, result, test_accuracy))
    typer.echo(f"written: {folder}")


def _test_images(data: Path | None) -> "LabelledImages | None":
    """The test split where it is at hand: a report without it is better than none after a training."""
    from fpga_ee.datasets.mnist import load_mnist

    try:
        return load_mnist("test", data)
    except FpgaEeError as error:
        typer.echo(f"no test accuracy: {error}")
        return None
