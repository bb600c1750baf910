"""A pooling in fpgaConvNet's hardware."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log2
from typing import Any

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind, RecordForm
from fpga_ee.hardware.fpgaconvnet.onnx_nodes import OnnxNodes, node, window_attributes
from fpga_ee.hardware.fpgaconvnet.partition_records import Record, window_between
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.fpgaconvnet.sliding import filled_after, padded_positions
from fpga_ee.hardware.fpgaconvnet.wheel_objects import published_of, shape_of, used_by
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.search.target import PublishedFigures


@dataclass(frozen=True)
class PoolingModel:
    """The model of a pooling."""

    layer: Pooling

    def foldings(self) -> list[Folding]:
        """List foldings: as many streams leave as enter."""
        return [Folding(coarse, coarse) for coarse in divisors(self.layer.input.channels)]

    def interval(self, folding: Folding) -> int:
        """Multiply the padded input positions by the channels per stream."""
        positions = padded_positions(self.layer.window, self.layer.input)
        return positions * (self.layer.input.channels // folding.coarse_in)

    def first_output_after(self) -> Fraction:
        """Compute the share after which the window is full for the first time."""
        return filled_after(self.layer.window, self.layer.input)

    def registers(self, _folding: Folding) -> int:
        """Count two at the ends, and one per level of comparators."""
        return 2 + ceil(log2(self.layer.window.taps))

    def resources(self, folding: Folding) -> Resources:
        """Give fpgaConvNet's resources."""
        return used_by(_hardware(self.layer, folding))

    def published(self, folding: Folding) -> PublishedFigures | None:
        """Give fpgaConvNet's figures."""
        return published_of(_hardware(self.layer, folding))

    def onnx(self, entering: str) -> OnnxNodes:
        """Write a MaxPool node with explicit attributes."""
        attributes = window_attributes(self.layer.window)
        return OnnxNodes([node("MaxPool", self.layer, [entering], **attributes)])


def _hardware(layer: Pooling, folding: Folding) -> Any:
    hardware = modules().linear.PoolingLayer(
        **shape_of(layer),
        coarse=folding.coarse_in,
        kernel_size=list(layer.window.kernel),
        stride=list(layer.window.stride),
        pad=list(layer.window.padding),
        data_width=layer.input.format.bits,
    )
    # The layer does not pass its width to its modules, which would stay at 16 bits.
    for module in hardware.modules.values():
        module.data_width = layer.input.format.bits
    return hardware


def _read(record: Record) -> Pooling:
    entering, leaving = record.input, record.output
    return Pooling(record.name, entering, leaving, window_between(record, entering, leaving))


KIND = LayerKind(Pooling, PoolingModel, "fpgaConvNet", RecordForm("POOLING", _read, _hardware))
