"""What hardware a design is made of: which files that takes, and which it gives beside the estimate."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.area.model import module_area
from fpga_ee.hardware.design.generate import read_integers
from fpga_ee.hardware.diagram.module import Module
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.fpga.family import family_of
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.normalised import write_normalised
from fpga_ee.hardware.fpgaconvnet.partitions import write_partitions
from fpga_ee.hardware.fpgaconvnet.target import FPGACONVNET
from fpga_ee.hardware.network.graph import HardwareGraph, fitted, with_widths
from fpga_ee.hardware.readers.conditional_model import read_conditional
from fpga_ee.hardware.readers.exported import FLOAT_WIDTH, read_export
from fpga_ee.hardware.search.implementation import Implementation
from fpga_ee.hardware.search.parts import library
from fpga_ee.hardware.search.target import Library

ACCUMULATOR_WIDTH = 30
"""Bits that fpgaConvNet gives the sums of such words."""

PARTITION_FILE = "partitions.json"


@dataclass(frozen=True)
class Network:
    """What a design is searched for.

    Attributes:
        graph: The network.
        manifest: What was measured of it; None where it was exported elsewhere.
        library: The hardware that there is for it.
    """

    graph: HardwareGraph
    manifest: Manifest | None
    library: Library


@dataclass(frozen=True)
class Target:
    """Hardware that designs are made of.

    Attributes:
        read: Reads a folder of exported files or a model, at so many bits or at its own, for a board.
        write: Writes what the hardware's own tools take to a folder.
    """

    read: Callable[[Path, int | None, Board], Network]
    write: Callable[[Implementation, Path], None]


def target_named(name: str | None) -> Target:
    """The target of a name; fpgaConvNet where none is named.

    Raises:
        FpgaEeError: There is none of that name.
    """
    if name is None:
        return FPGACONVNET_TARGET
    if name not in TARGETS:
        raise FpgaEeError(f"no target {name}: choose one of {', '.join(sorted(TARGETS))}")
    return TARGETS[name]


def _read(source: Path, width: int | None, _board: Board) -> Network:
    if not source.is_dir():
        return Network(read_conditional(source, width or FLOAT_WIDTH), None, FPGACONVNET)
    graph, manifest = read_export(source)
    if width is not None:
        graph = with_widths(graph, width, max(width, min(ACCUMULATOR_WIDTH, 2 * width)))
    return Network(graph, manifest, FPGACONVNET)


def _write(chosen: Implementation, folder: Path) -> None:
    write_partitions(folder / PARTITION_FILE, chosen)
    for index, stage in enumerate(chosen.graph.stages):
        write_normalised(folder / f"stage_{index}.onnx", stage)


def _read_rtl(source: Path, width: int | None, board: Board) -> Network:
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
    family = family_of(board)

    def area(module: Module) -> Resources:
        return module_area(module, family)

    graph, manifest, tables = read_integers(source)
    return Network(fitted(graph), manifest, library(tables, area))


def _write_nothing(_chosen: Implementation, _folder: Path) -> None:
    """The estimate itself is what hw-generate takes."""


FPGACONVNET_TARGET = Target(_read, _write)

TARGETS = {"fpgaconvnet": FPGACONVNET_TARGET, "rtl": Target(_read_rtl, _write_nothing)}
