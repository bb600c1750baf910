"""The targets of ``--target``.

The files that each of them reads and writes, and its answers about exports.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.area.model import module_area
from fpga_ee.hardware.design.folded_design import Design, check
from fpga_ee.hardware.design.generate import read_integers
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.fpga.families import modelled_family_of
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.fpgaconvnet.normalised_onnx import write_normalised
from fpga_ee.hardware.fpgaconvnet.partition_reader import read_partitions
from fpga_ee.hardware.fpgaconvnet.partition_writer import write_partitions
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import HardwareGraph, fitted, with_widths
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.conditional_model import read_conditional
from fpga_ee.hardware.readers.exported import FLOAT_WIDTH, read_export
from fpga_ee.hardware.search.estimated_design import EstimatedDesign
from fpga_ee.hardware.search.rtl_target import rtl_target
from fpga_ee.hardware.search.target import Target

ACCUMULATOR_WIDTH = 30
"""Most bits of sums in fpgaConvNet's model of a network at another width."""

PARTITION_FILE = "partitions.json"


@dataclass(frozen=True)
class TargetNetwork:
    """A network that a design is searched for.

    Attributes:
        graph: The network.
        manifest: Its manifest; None for a network of another tool.
        target: The hardware that designs are made of.
    """

    graph: HardwareGraph
    manifest: Manifest | None
    target: Target


@dataclass(frozen=True)
class TargetFiles:
    """The files of one target. Every function raises FpgaEeError for a file or layer that it cannot use.

    Attributes:
        prepare: Loads the packages of the target.
        read: Reads a folder of exported files or a model, with a given width or its own, for a board.
        read_design: Reads a design with its network from a file of the target's own tools.
        write: Writes a design to a folder, in the form of the target's own tools.
        take: Checks that the target takes a whole export.
        take_layer: Checks that the target takes one layer.
    """

    prepare: Callable[[], object]
    read: Callable[[Path, int | None, Board], TargetNetwork]
    read_design: Callable[[Path], tuple[TargetNetwork, Mapping[str, Folding]]]
    write: Callable[[EstimatedDesign, Path], None]
    take: Callable[[Path], None]
    take_layer: Callable[[Layer], object]


def files_of(target: str | None) -> TargetFiles:
    """Find the files of a target by its name; without a name, those of fpgaConvNet.

    Raises:
        FpgaEeError: There is no target of that name.
    """
    name = "fpgaconvnet" if target is None else target
    if name not in TARGETS:
        raise FpgaEeError(f"no target {name}: choose one of {', '.join(sorted(TARGETS))}")
    return TARGETS[name]


def _read_for_fpgaconvnet(source: Path, width: int | None, _board: Board) -> TargetNetwork:
    if not source.is_dir():
        return TargetNetwork(read_conditional(source, width or FLOAT_WIDTH), None, FPGACONVNET)
    graph, manifest = read_export(source)
    if width is not None:
        graph = with_widths(graph, width, max(width, min(ACCUMULATOR_WIDTH, 2 * width)))
    return TargetNetwork(graph, manifest, FPGACONVNET)


def _read_partitions(file: Path) -> tuple[TargetNetwork, Mapping[str, Folding]]:
    graph, found = read_partitions(file)
    return TargetNetwork(graph, None, FPGACONVNET), found


def _write_partitions(design: EstimatedDesign, folder: Path) -> None:
    write_partitions(folder / PARTITION_FILE, design)
    for index, stage in enumerate(design.graph.stages):
        write_normalised(folder / f"stage_{index}.onnx", stage)


def _take_by_fpgaconvnet(folder: Path) -> None:
    graph, _ = read_export(folder)
    for layer in graph.layers:
        _take_layer_by_fpgaconvnet(layer)


def _take_layer_by_fpgaconvnet(layer: Layer) -> None:
    FPGACONVNET.resources(layer, FPGACONVNET.feasible(layer)[0])


def _read_for_rtl(source: Path, width: int | None, board: Board) -> TargetNetwork:
    if not source.is_dir():
        raise FpgaEeError(
            f"{source} is no folder of `fpga-ee export`, whose integer weights --target rtl needs: name one; "
            "`fpga-ee hw-estimate` without --target takes models made elsewhere"
        )
    if width is not None:
        raise FpgaEeError(
            f"--width {width} is for fpgaConvNet's model: --target rtl takes the widths of the export; "
            "quantize again for others"
        )
    family = modelled_family_of(board)
    area = partial(module_area, family=family)
    graph, manifest, tables = read_integers(source)
    return TargetNetwork(fitted(graph), manifest, rtl_target(tables, area))


def _refuse_partitions(file: Path) -> tuple[TargetNetwork, Mapping[str, Folding]]:
    raise FpgaEeError(
        f"{file} is a file of fpgaConvNet's, so it cannot be a design for rtl: leave --target out, or give "
        "an estimate.json"
    )


def _write_nothing(_design: EstimatedDesign, _folder: Path) -> None:
    """Write nothing: hw-generate reads the estimate itself."""


def _take_by_rtl(folder: Path) -> None:
    graph, _, _ = read_integers(folder)
    check(graph, Design({}))


def _take_layer_by_rtl(layer: Layer) -> None:
    layer.foldings()


def _nothing_to_prepare() -> None:
    """Load nothing: the hardware library comes with the package."""


TARGETS = {
    "fpgaconvnet": TargetFiles(
        prepare=modules,
        read=_read_for_fpgaconvnet,
        read_design=_read_partitions,
        write=_write_partitions,
        take=_take_by_fpgaconvnet,
        take_layer=_take_layer_by_fpgaconvnet,
    ),
    "rtl": TargetFiles(
        prepare=_nothing_to_prepare,
        read=_read_for_rtl,
        read_design=_refuse_partitions,
        write=_write_nothing,
        take=_take_by_rtl,
        take_layer=_take_layer_by_rtl,
    ),
}
"""The files of each target, by the target's name."""
