"""The verbs for an accelerator: generate, simulate, synthesise and route it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fpga_ee.cli.options import DataOption, ExportArgument, ImagesOption, SplitOption
from fpga_ee.files.writing import subfolder
from fpga_ee.hardware.fpga.boards import DEFAULT_BOARD, check_clock
from fpga_ee.reporting.console import console

if TYPE_CHECKING:
    from fpga_ee.hardware.design.generate import Reader

RtlOption = Annotated[
    Path | None, typer.Option("--rtl", help="Folder of the accelerator.", show_default="<folder>/rtl")
]
TrustSourcesOption = Annotated[
    bool,
    typer.Option(
        "--trust-sources",
        help="Accept files of the accelerator that differ from those that hw-generate makes of its design. "
        "SystemVerilog can run programs: only for files whose author you trust.",
    ),
]


def _accelerator(build: Path, rtl: Path | None) -> Path:
    """Find the folder of an accelerator: the one that the user names, or the one in the export's folder.

    Raises:
        FpgaEeError: The user names none, and the one in the export's folder is a link.
    """
    from fpga_ee.flow.generate import ACCELERATOR_FOLDER

    return rtl or subfolder(build, ACCELERATOR_FOLDER)


def _reader(trust_sources: bool) -> "Reader":
    from fpga_ee.hardware.design.generate import load, load_trusting

    return load_trusting if trust_sources else load


def hw_generate(
    build: ExportArgument,
    design: Annotated[
        Path | None,
        typer.Option(
            help="estimate.json of hw-estimate, foldings of your own, or a shipped design: "
            "smallest, ecp5, ...",
            show_default="<folder>/hardware/estimate.json",
        ),
    ] = None,
    buffer: Annotated[
        int | None,
        typer.Option(help="Samples that every conditional buffer holds.", show_default="the design's", min=1),
    ] = None,
    rtl: RtlOption = None,
) -> None:
    """Write the accelerator of a design: SystemVerilog, memories, file list."""
    from fpga_ee.flow.generate import generate_step
    from fpga_ee.reporting.simulation_table import generated_table

    folder = _accelerator(build, rtl)
    console.print(generated_table(generate_step(build, design, buffer, folder)))
    console.say(f"written to {folder}")


def hw_simulate(
    build: ExportArgument,
    rtl: RtlOption = None,
    data: DataOption = None,
    split: SplitOption = "validation",
    images: ImagesOption = None,
    stall: Annotated[
        int, typer.Option(help="Percent of the cycles in which both ends pause.", min=0, max=95)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the pauses.", min=0)] = 0,
    clock: Annotated[float, typer.Option(help="MHz, for samples/s.", callback=check_clock)] = 125.0,
    wave: Annotated[
        int | None, typer.Option(help="Only write the waveform of this image, and compare nothing.", min=0)
    ] = None,
    trust_sources: TrustSourcesOption = False,
) -> None:
    """Simulate the accelerator cycle by cycle, and compare every bit with ONNX Runtime's."""
    from fpga_ee.flow.images import WantedImages
    from fpga_ee.flow.simulate import simulate_step, wave_step
    from fpga_ee.hardware.simulation.simulate import Pauses
    from fpga_ee.reporting.progress import progress_bars
    from fpga_ee.reporting.simulation_table import simulation_tables

    folder = _accelerator(build, rtl)
    wanted = WantedImages(split, data, images)
    if wave is not None:
        console.say(f"written: {wave_step(build, folder, wanted, wave, _reader(trust_sources))}")
        return
    with progress_bars(console) as start_progress:
        simulation = simulate_step(
            build, folder, wanted, Pauses(stall, seed), start_progress, _reader(trust_sources)
        )
    console.print(simulation_tables(build.name, split, simulation, clock))
    if simulation.problem is not None:
        raise typer.Exit(1)


def hw_synth(
    build: ExportArgument,
    rtl: RtlOption = None,
    board: Annotated[
        str,
        typer.Option(
            help="Name of a board with a 7-series, UltraScale+ or ECP5, or a .toml file of your own."
        ),
    ] = DEFAULT_BOARD,
    trust_sources: TrustSourcesOption = False,
) -> None:
    """Synthesise the accelerator with Yosys for a board's FPGA, and count the resources of every module.

    For 7-series and UltraScale+, the counts of our own model are shown beside Yosys's.
    """
    from fpga_ee.flow.synthesise import synthesise_step
    from fpga_ee.hardware.fpga import boards
    from fpga_ee.hardware.fpga.families import family_of
    from fpga_ee.reporting.synthesis_table import synthesis_table

    on = boards.load(board)
    counted = synthesise_step(build, _accelerator(build, rtl), family_of(on), _reader(trust_sources))
    console.print(synthesis_table(build.name, counted.synthesis, counted.model, on))


def hw_route(
    build: ExportArgument,
    rtl: RtlOption = None,
    board: Annotated[
        str, typer.Option(help="Name of a board with an ECP5, or a .toml file of your own.")
    ] = "ecp5-85f",
    clock: Annotated[
        float, typer.Option(help="MHz that the design should reach.", callback=check_clock)
    ] = 80.0,
    seed: Annotated[int, typer.Option(help="Seed of the placement.", min=1)] = 1,
    trust_sources: TrustSourcesOption = False,
) -> None:
    """Place and route the accelerator for an ECP5: fastest clock, resources and a bitstream."""
    from fpga_ee.flow.route import route_step
    from fpga_ee.hardware.fpga import boards
    from fpga_ee.hardware.tools.nextpnr import Goal
    from fpga_ee.reporting.progress import status_line
    from fpga_ee.reporting.routing_table import routing_tables

    folder = _accelerator(build, rtl)
    goal = Goal(boards.load(board).part, clock, seed)
    with status_line(console) as say:
        routing = route_step(build, folder, goal, say, _reader(trust_sources))
    console.print(routing_tables(build.name, routing))
    console.say(f"written to {folder / 'routed'}")


def register(app: typer.Typer) -> None:
    """Add the verbs to the command."""
    app.command("hw-generate")(hw_generate)
    app.command("hw-simulate")(hw_simulate)
    app.command("hw-synth")(hw_synth)
    app.command("hw-route")(hw_route)
