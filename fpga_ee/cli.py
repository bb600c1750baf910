"""The `fpga-ee` command: arguments in, tables out.

Verbs import what they need when they run, because torch alone takes longer to load than the help should.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from fpga_ee import __version__, cli_hardware, cli_rtl
from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.registry import CRITERIA, criterion_named
from fpga_ee.artifacts.rules.top1 import TOP1
from fpga_ee.current_folder import load_matplotlib_apart
from fpga_ee.datasets.data_set import Split
from fpga_ee.guard import guarded
from fpga_ee.hardware.fpga.boards import DEFAULT_BOARD
from fpga_ee.reporting.console import console, print_warnings
from fpga_ee.training.settings import TrainingSettings

DEFAULTS = TrainingSettings()
WIDTHS = Widths()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command; bad input ends it with one line on stderr and exit code 2 (others: guard.py)."""
    # PyTorch's threads would spin while they wait for each other. Beside any other load that makes a verb
    # take twice as long, and it must be said before PyTorch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    load_matplotlib_apart()
    sys.exit(guarded(app))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fpga-ee {__version__}")
        raise typer.Exit


@app.callback()
def fpga_ee(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Put early-exit neural networks on FPGAs, exact from PyTorch to the bitstream."""


NetworkArgument = Annotated[
    str, typer.Argument(help="A name that `fpga-ee networks` lists, or package.module:Class for your own.")
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder of the data set's files. Without it, MNIST's validation split is the embedded one, and "
        "others are downloaded once.",
    ),
]
DataSetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset", help="mnist, fashion-mnist, cifar10 or svhn.", show_default="the network's own"
    ),
]


@app.command()
def networks() -> None:
    """List the networks, and whether there are trained weights of them."""
    from fpga_ee.flow.subject import trained_weights
    from fpga_ee.reporting.network_table import network_table

    console.print(network_table(trained_weights))


BoardOption = Annotated[
    str,
    typer.Option(
        "--board", help="A board in hw/platforms, or a .toml file of your own.", show_default="zc706"
    ),
]
OnlyFloatOption = Annotated[
    bool,
    typer.Option(
        "--float",
        help="It is only for `fpga-ee export --float`: do not check it for fixed point and hardware.",
    ),
]


@app.command()
def check(network: NetworkArgument, board: BoardOption = DEFAULT_BOARD) -> None:
    """Say in seconds, untrained, which layers fixed point and hardware take, and whether a board has room.

    Asks fixed point (`quantize` and `export`), fpgaConvNet's model (`hw-estimate`) and our hardware library
    (`hw-generate`) about every layer. Neither weights nor images are needed: both are random. Ends with 0
    where all three take every layer and the smallest designs fit the board, with 1 where a layer is refused
    or the board has no room, and with 2 for bad input. What nobody can know, such as the room on a board
    without a resource model, does not count.
    """
    from fpga_ee.flow.check import check_step
    from fpga_ee.flow.subject import Subject
    from fpga_ee.reporting.check_table import check_tables

    found = check_step(Subject(network), board)
    console.print(check_tables(found))
    if not found.passed:
        raise typer.Exit(1)


@app.command()
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
    go_on: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted training where there is one.")
    ] = False,
    float_: OnlyFloatOption = False,
) -> None:
    """Train a network on its data set and write its weights, learning curve and accuracies.

    First it is checked, as by `fpga-ee check`: what fixed point refuses is not trained.
    """
    from fpga_ee.flow.check import refuse_early, refuse_untraceable
    from fpga_ee.flow.subject import Subject
    from fpga_ee.flow.train import resume_training_step, train_step
    from fpga_ee.reporting.training_report import training_table

    subject = Subject(network, start, output, data, dataset)
    settings = TrainingSettings(epochs, patience, halving_patience, batch_size, learning_rate, seed)
    if float_:
        refuse_untraceable(subject)
    else:
        refuse_early(subject, DEFAULT_BOARD, console.say)
    step = resume_training_step if go_on else train_step
    trained = step(subject, settings, console.say)
    if trained is not None:
        console.print(training_table(subject.name, trained.result, trained.test_accuracy))
        console.say(f"written: {trained.folder}")


WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        help="Trained weights.",
        show_default="models/<network>/weights.safetensors, or those that come with the package",
    ),
]
FolderOption = Annotated[
    Path | None, typer.Option("--build", help="Folder of the results.", show_default="build/<network>")
]


def _known_criterion(name: str) -> str:
    try:
        return criterion_named(name).name
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


CriterionOption = Annotated[
    str,
    typer.Option(
        "--criterion",
        metavar=f"<{'|'.join(CRITERIA)}>",
        callback=_known_criterion,
        help=f"What the exits measure: {', '.join(each.measured for each in CRITERIA.values())}.",
    ),
]
DropOption = Annotated[
    float, typer.Option("--max-drop", help="Accuracy that may be lost, in percentage points.")
]
WeightBitsOption = Annotated[int, typer.Option("--weight-bits", help="2 to 8.")]
ActivationBitsOption = Annotated[int, typer.Option("--activation-bits", help="2 to 8.")]


@app.command()
def calibrate(
    network: NetworkArgument,
    data: DataOption = None,
    weights: WeightsOption = None,
    build: FolderOption = None,
    dataset: DataSetOption = None,
    criterion: CriterionOption = TOP1.name,
    max_drop: DropOption = 0.1,
    float_: OnlyFloatOption = False,
) -> None:
    """Choose the threshold of every exit on the validation split.

    First the network is checked, as by `fpga-ee check`: what fixed point refuses is not calibrated.
    """
    from fpga_ee.artifacts.exit_use import unused_exits
    from fpga_ee.flow.calibrate import calibrate_step
    from fpga_ee.flow.check import refuse_early
    from fpga_ee.flow.subject import Subject
    from fpga_ee.reporting.calibration_report import calibration_table

    subject = Subject(network, weights, build, data, dataset)
    if not float_:
        refuse_early(subject, DEFAULT_BOARD, console.say)
    result = calibrate_step(subject, criterion_named(criterion), max_drop)
    console.print(calibration_table(network, result))
    print_warnings(unused_exits(result.outcome.exit_rates))


@app.command()
def quantize(
    network: NetworkArgument,
    data: DataOption = None,
    weights: WeightsOption = None,
    build: FolderOption = None,
    weight_bits: WeightBitsOption = WIDTHS.weight_bits,
    activation_bits: ActivationBitsOption = WIDTHS.activation_bits,
    finetune: Annotated[
        bool, typer.Option("--finetune", help="Train under the formats first; for low widths.")
    ] = False,
) -> None:
    """Turn the network into power-of-two fixed point, with the certificate that makes it exact."""
    from fpga_ee.flow.quantize import FINETUNING, quantize_step
    from fpga_ee.flow.subject import Subject
    from fpga_ee.reporting.quantization_report import comparison_table, formats_table

    widths = Widths(weight_bits, activation_bits)
    training = FINETUNING if finetune else None
    quantized, comparison, warnings = quantize_step(Subject(network, weights, build, data), widths, training)
    console.print(formats_table(network, quantized, widths))
    console.print(comparison_table(network, comparison))
    print_warnings(warnings)


@app.command()
def export(
    network: NetworkArgument,
    data: DataOption = None,
    weights: WeightsOption = None,
    build: FolderOption = None,
    float_: Annotated[
        bool, typer.Option("--float", help="Export the float network, to build/<network>-float.")
    ] = False,
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="Instead of the calibrated ones; once for each early exit, in order."),
    ] = None,
    batch: Annotated[int, typer.Option(help="Images at a time in the conditional model; 1.")] = 1,
) -> None:
    """Write the ONNX files: every stage, exit and decision, all exits, and the conditional model."""
    from fpga_ee.flow.export import export_fixed_point_step, export_float_step
    from fpga_ee.flow.subject import Subject
    from fpga_ee.reporting.export_report import export_table

    step = export_float_step if float_ else export_fixed_point_step
    folder, manifest = step(Subject(network, weights, build, data), threshold or (), batch)
    console.print(export_table(folder, manifest))
    print_warnings(manifest.warnings)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="What `fpga-ee export` wrote, such as build/B_Lenet_fcn.")],
    network: Annotated[
        str | None, typer.Option(help="The network, where it is one of your own: package.module:Class.")
    ] = None,
    data: DataOption = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Another data set.", show_default="that of the export")
    ] = None,
    split: Annotated[Split, typer.Option(help="Images to verify on.")] = "validation",
    images: Annotated[
        int | None, typer.Option(help="How many of them, from the first.", show_default="all", min=1)
    ] = None,
) -> None:
    """Prove that PyTorch and ONNX Runtime give the same bits and take the same exit on every image."""
    from fpga_ee.flow.images import WantedImages
    from fpga_ee.flow.verify import verify_step
    from fpga_ee.reporting.progress import progress_bars
    from fpga_ee.reporting.verification_report import accuracy_table, verdict, verification_table

    wanted = WantedImages(split, data, images, dataset)
    with progress_bars(console) as start_progress:
        verification = verify_step(folder, network, wanted, start_progress)
    console.print(verification_table(folder.name, split, verification))
    console.print(accuracy_table(verification))
    console.print(verdict(verification), markup=False, soft_wrap=True)
    if not verification.passed:
        raise typer.Exit(1)


@app.command()
def deploy(
    networks: Annotated[list[str], typer.Argument(help="One network after another.")],
    data: DataOption = None,
    dataset: DataSetOption = None,
) -> None:
    """Calibrate, quantize, export and verify in turn, with the defaults of each."""
    from fpga_ee.flow.subject import Subject

    for network in networks:
        calibrate(network, data, dataset=dataset)
        quantize(network, data)
        export(network, data)
        verify(Subject(network).build_folder, network, data)


cli_hardware.register(app)
cli_rtl.register(app)
