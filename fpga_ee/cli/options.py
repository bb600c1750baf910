"""Arguments and options that several verbs take."""

from pathlib import Path
from typing import Annotated

import typer

from fpga_ee.datasets.data_set import Split

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
OnlyFloatOption = Annotated[
    bool,
    typer.Option(
        "--float",
        help="Only for `fpga-ee export --float`: do not check the network for fixed point and hardware.",
    ),
]
ExportArgument = Annotated[
    Path, typer.Argument(help="A folder that `fpga-ee export` wrote, for example build/B_Lenet_se.")
]
SplitOption = Annotated[Split, typer.Option("--split", help="Images to run on.")]
ImagesOption = Annotated[
    int | None,
    typer.Option("--images", help="Number of images, from the first.", show_default="all", min=1),
]
BoardClockOption = Annotated[float | None, typer.Option("--clock", help="MHz.", show_default="the board's")]
HardwareFolderOption = Annotated[
    Path | None, typer.Option("--output", help="Folder of the results.", show_default="<folder>/hardware")
]
