"""The verbs from trained weights to proven ONNX files: calibrate, quantize, export, verify, deploy."""

from pathlib import Path
from typing import Annotated

import typer

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.rules.criteria import CRITERIA, criterion_named
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.cli.options import (
    DataOption,
    DataSetOption,
    ExportArgument,
    ImagesOption,
    NetworkArgument,
    OnlyFloatOption,
    SplitOption,
)
from fpga_ee.files.writing import check_writable
from fpga_ee.hardware.fpga.boards import DEFAULT_BOARD
from fpga_ee.reporting.console import console, print_warnings

WIDTHS = Widths()

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

    First the network is checked, as by `fpga-ee check`. It is not calibrated if fixed point refuses it.
    """
    from fpga_ee.artifacts.exit_use import unused_exits
    from fpga_ee.flow.calibrate import calibrate_step
    from fpga_ee.flow.check import refuse_early
    from fpga_ee.flow.subject import Subject
    from fpga_ee.reporting.calibration_report import calibration_table

    subject = Subject(network, weights, build, data, dataset)
    check_writable(subject.build_folder)
    if not float_:
        refuse_early(subject, DEFAULT_BOARD, console.say)
    result = calibrate_step(subject, criterion_named(criterion), max_drop)
    console.print(calibration_table(network, result))
    print_warnings(unused_exits(result.outcome.exit_rates))


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


def verify(
    folder: ExportArgument,
    network: Annotated[
        str | None, typer.Option(help="The network, if it is your own: package.module:Class.")
    ] = None,
    data: DataOption = None,
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Another data set.", show_default="that of the export")
    ] = None,
    split: SplitOption = "validation",
    images: ImagesOption = None,
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


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    for verb in (calibrate, quantize, export, verify, deploy):
        app.command()(verb)
