"""The verbs that choose a design: for a board, over all budgets, or the fastest."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from fpga_ee.cli.options import BoardClockOption, ExportArgument, HardwareFolderOption
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import subfolder
from fpga_ee.hardware.fpga.boards import DEFAULT_BOARD
from fpga_ee.reporting.console import console

SourceArgument = Annotated[
    Path | None,
    typer.Argument(help="A folder that `fpga-ee export` wrote, or a conditional ONNX model of another tool."),
]
BoardOption = Annotated[
    str | None,
    typer.Option(
        help="Name of a board, for example zedboard, or a .toml file of your own.", show_default=DEFAULT_BOARD
    ),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(help="Usable share of the board: 0.5, or lut=0.5,dsp=0.2.", show_default="the whole board"),
]
LateRateOption = Annotated[
    list[float] | None,
    typer.Option(
        help="Share of all samples that goes on after an exit; once for each exit but the last.",
        show_default="as the export measured",
    ),
]
WidthOption = Annotated[
    int | None,
    typer.Option(
        help="Bits of data and weights.", min=2, max=32, show_default="the network's; 16 if it is float"
    ),
]
BufferOption = Annotated[
    list[int] | None,
    typer.Option(
        help="Samples that a conditional buffer holds; once for each exit but the last.",
        show_default="as many as its decisions need",
    ),
]
TestDataOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the network's data set: its test images decide the buffer.",
        show_default="validation images",
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target",
        help="Hardware of the design: fpgaconvnet (fpgaConvNet's model), or rtl (hw-generate's modules).",
        show_default="fpgaconvnet; hw-estimate then shows rtl beside it",
    ),
]
ThroughputOption = Annotated[
    float | None,
    typer.Option(help="Samples/s wanted, with the fewest resources.", show_default="as many as fit"),
]
Value = TypeVar("Value")


def hw_estimate(
    source: SourceArgument = None,
    board: BoardOption = None,
    clock: BoardClockOption = None,
    budget: BudgetOption = None,
    late_rate: LateRateOption = None,
    width: WidthOption = None,
    buffer: BufferOption = None,
    throughput: ThroughputOption = None,
    partition: Annotated[
        Path | None, typer.Option(help="Estimate this partition file or estimate.json; do not search.")
    ] = None,
    data: TestDataOption = None,
    target: TargetOption = None,
    output: HardwareFolderOption = None,
) -> None:
    """Choose a design for a board: its cost and its speed, with and without early exits."""
    from fpga_ee.flow.constraints import Constraints
    from fpga_ee.flow.estimate import estimate_step, plan_step
    from fpga_ee.reporting.hardware_table import estimate_tables
    from fpga_ee.reporting.progress import status_line

    if partition is not None and throughput is not None:
        raise FpgaEeError("--throughput asks for a search, but --partition gives a design: leave one out")
    read = source or partition
    if read is None:
        raise FpgaEeError("name an exported network, an ONNX model or a --partition file")
    constraints = Constraints(board, clock, budget, _each(late_rate), width, _each(buffer), target, data)
    folder = output or default_folder(read)
    if partition is not None:
        comparison = plan_step(partition, source, constraints, folder)
    elif source is not None:
        with status_line(console) as say:
            comparison = estimate_step(source, constraints, throughput, folder, say)
    console.print(estimate_tables(comparison.assessment, comparison.own))
    console.say(f"written to {folder}")


def hw_explore(
    source: Annotated[Path, typer.Argument(help="As for hw-estimate.")],
    board: BoardOption = None,
    clock: BoardClockOption = None,
    budget: BudgetOption = None,
    late_rate: LateRateOption = None,
    width: WidthOption = None,
    buffer: BufferOption = None,
    throughput: ThroughputOption = None,
    data: TestDataOption = None,
    target: TargetOption = None,
    output: HardwareFolderOption = None,
) -> None:
    """Show all designs that no other beats, with and without early exits, and the gain at every budget."""
    from fpga_ee.flow.constraints import Constraints
    from fpga_ee.flow.explore import explore_step
    from fpga_ee.reporting.hardware_table import explore_tables
    from fpga_ee.reporting.progress import progress_bars

    constraints = Constraints(board, clock, budget, _each(late_rate), width, _each(buffer), target, data)
    folder = output or default_folder(source)
    with progress_bars(console) as start_progress:
        exploration = explore_step(source, constraints, throughput, folder, start_progress)
    console.print(explore_tables(exploration))
    console.say(f"written to {folder}")


def hw_fastest(
    build: ExportArgument,
    board: Annotated[
        str,
        typer.Option(help="Name of a board with a 7-series or UltraScale+, or a .toml file of your own."),
    ] = DEFAULT_BOARD,
    clock: BoardClockOption = None,
    budget: Annotated[
        str,
        typer.Option(
            help="Usable share of the board: 0.5, or lut=0.5,dsp=0.2. The model is off by up to 1 %."
        ),
    ] = "0.99",
    buffer: Annotated[int, typer.Option(help="Samples that every conditional buffer holds.", min=1)] = 8,
    output: HardwareFolderOption = None,
) -> None:
    """Find the fastest accelerator that fits a board; its stages may be built several times.

    The search takes up to minutes.
    """
    from fpga_ee.flow.constraints import parse_budget
    from fpga_ee.flow.fastest import FASTEST_FILE, fastest_step
    from fpga_ee.hardware.fpga import boards
    from fpga_ee.hardware.search.budget import Budget
    from fpga_ee.reporting.progress import status_line
    from fpga_ee.reporting.replication_table import replication_tables

    on, folder = boards.load(board), output or subfolder(build, "hardware")
    usable = Budget(on, parse_budget(budget), on.clock_mhz if clock is None else clock)
    with status_line(console) as say:
        design = fastest_step(build, usable, buffer, folder, say)
    console.print(replication_tables(build.name, design, usable))
    console.say(f"written: {folder / FASTEST_FILE}, which hw-generate takes as --design")


def _each(values: list[Value] | None) -> tuple[Value, ...] | None:
    """Give the values of an option that may be given several times; None where it is not given."""
    return tuple(values) if values else None


def default_folder(source: Path) -> Path:
    """Give the default folder of results: beside the network or the file.

    Raises:
        FpgaEeError: The folder is a link.
    """
    return subfolder(source if source.is_dir() else subfolder(source.parent, source.stem), "hardware")


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("hw-estimate")(hw_estimate)
    app.command("hw-explore")(hw_explore)
    app.command("hw-fastest")(hw_fastest)
