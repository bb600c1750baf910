"""The verbs below the border: ``hw-estimate`` and ``hw-explore``; arguments in, tables out."""

from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.graph import HardwareGraph

app = typer.Typer()
console = Console()

Target = Annotated[
    Path | None,
    typer.Argument(help="A folder that `fpga-ee export` made, or a conditional ONNX model from elsewhere."),
]
Board = Annotated[str, typer.Option(help="A board of hw/platforms, or a .toml file of your own.")]
Clock = Annotated[float | None, typer.Option(help="Clock in MHz.", show_default="the board's")]
BudgetOption = Annotated[
    str, typer.Option(help="Usable part of the board: 0.5, or lut=0.5,dsp=0.2 for some resources.")
]
LateRate = Annotated[
    list[float] | None,
    typer.Option(
        help="Part of all samples that goes on behind an exit; once per exit but the last.",
        show_default="what the export measured",
    ),
]
Width = Annotated[
    int | None,
    typer.Option(help="Estimate at this width of data and weights.", show_default="the network's own"),
]
Buffer = Annotated[
    int | None,
    typer.Option(help="Samples that a conditional buffer holds.", show_default="what decisions need"),
]
Data = Annotated[
    Path | None,
    typer.Option(
        help="Folder of MNIST whose test digits decide the buffer.", show_default="validation digits"
    ),
]
Output = Annotated[
    Path | None, typer.Option(help="Folder of the results.", show_default="<folder>/hardware")
]

FOREIGN_WIDTH = 16
ACCUMULATOR_WIDTH = 30
"""What fpgaConvNet gives the sums of 16-bit words."""


@app.command("hw-estimate")
def hw_estimate(
    target: Target = None,
    board: Board = "zc706",
    clock: Clock = None,
    budget: BudgetOption = "1",
    late_rate: LateRate = None,
    width: Width = None,
    buffer: Buffer = None,
    throughput: Annotated[
        float | None, typer.Option(help="Wanted samples/s.", show_default="as many as fit")
    ] = None,
    partition: Annotated[
        Path | None, typer.Option(help="Estimate this fpgaConvNet partition file instead of searching.")
    ] = None,
    data: Data = None,
    output: Output = None,
) -> None:
    """Choose a design for a board and say what it costs and how fast it is, with and without the exits."""
