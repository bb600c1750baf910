"""A convolution in fpgaConvNet's hardware."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, log2
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind, RecordForm
from fpga_ee.hardware.fpgaconvnet.onnx_nodes import OnnxNodes, node, weight_tensors, window_attributes
from fpga_ee.hardware.fpgaconvnet.partition_records import Record, window_between
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.fpgaconvnet.sliding import filled_after, padded_positions
from fpga_ee.hardware.fpgaconvnet.units import bias_adder
from fpga_ee.hardware.fpgaconvnet.wheel_objects import as_parsed, published_of, shape_of, used_by, widths_of
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.search.target import PublishedFigures


@dataclass(frozen=True)
class ConvolutionModel:
    """The model of a convolution, grouped or not."""

    layer: Convolution

    def foldings(self) -> list[Folding]:
        """List foldings: a window is read tap by tap, column by column, or at once."""
        layer = self.layer
        rows, cols = layer.window.kernel
        return [
            Folding(coarse_in, coarse_out, coarse_group, fine)
            for coarse_in, coarse_out, coarse_group, fine in product(
                divisors(layer.input.channels // layer.groups),
                divisors(layer.output.channels // layer.groups),
                divisors(layer.groups),
                sorted({1, max(rows, cols) if 1 in (rows, cols) else rows, rows * cols}),
            )
        ]

    def interval(self, folding: Folding) -> int:
        """Compute the larger of the products' and the window's cycles.

        With P_out output positions, P_pad padded input positions, C channels, F filters, G groups, T taps and
        foldings ci, co, cg and fine: max(P_out (C/G/ci) (F/G/co) (G/cg) ceil(T/fine), P_pad C/(ci cg)).
        """
        layer = self.layer
        channels = layer.input.channels // layer.groups // folding.coarse_in
        filters = layer.output.channels // layer.groups // folding.coarse_out
        rounds = layer.groups // folding.coarse_group
        products = channels * filters * rounds * ceil(layer.window.taps / folding.fine)
        computing = layer.output.rows * layer.output.cols * products
        return max(computing, padded_positions(layer.window, layer.input) * channels * rounds)

    def first_output_after(self) -> Fraction:
        """Compute the share after which the window is full for the first time."""
        return filled_after(self.layer.window, self.layer.input)

    def registers(self, folding: Folding) -> int:
        """Count two at the ends, three in the multiplier, and one per level of the adder tree."""
        return 5 + ceil(log2(folding.fine * folding.coarse_in))

    def resources(self, folding: Folding) -> Resources:
        """Count fpgaConvNet's resources without its bias module and an adder per output stream for a bias."""
        total = used_by(_hardware(self.layer, folding))
        if self.layer.bias_format is not None:
            total += bias_adder(self.layer.output, folding.streams_out)
        return total

    def published(self, folding: Folding) -> PublishedFigures | None:
        """Give fpgaConvNet's figures."""
        return published_of(_parsed(self.layer, folding))

    def onnx(self, entering: str) -> OnnxNodes:
        """Write a Conv node with explicit attributes."""
        layer = self.layer
        shape = (layer.output.channels, layer.input.channels // layer.groups, *layer.window.kernel)
        weights = weight_tensors(layer, shape)
        attributes = {**window_attributes(layer.window), "dilations": [1, 1], "group": layer.groups}
        inputs = [entering, *(weight.name for weight in weights)]
        return OnnxNodes([node("Conv", layer, inputs, **attributes)], weights)


def _hardware(layer: Convolution, folding: Folding) -> Any:
    return modules().layers.ConvolutionLayer(
        layer.output.channels,
        **shape_of(layer),
        coarse_in=folding.coarse_in,
        coarse_out=folding.coarse_out,
        coarse_group=folding.coarse_group,
        kernel_size=list(layer.window.kernel),
        stride=list(layer.window.stride),
        pad=list(layer.window.padding),
        groups=layer.groups,
        fine=folding.fine,
        **widths_of(layer),
    )


def _parsed(layer: Convolution, folding: Folding) -> Any:
    return as_parsed(_hardware(layer, folding), layer)


def _read(record: Record) -> Convolution:
    entering, sums, groups = record.input, record.sums, record.parameters.groups
    if entering.channels % groups or sums.channels % groups:
        raise FpgaEeError(
            f"layer {record.name}: {groups} groups do not divide {entering.channels} channels and "
            f"{sums.channels} filters"
        )
    window = window_between(record, entering, sums)
    return Convolution(record.name, entering, sums, window, record.weight_format, record.bias_format, groups)


KIND = LayerKind(
    Convolution,
    ConvolutionModel,
    "fpgaConvNet",
    RecordForm("CONVOLUTION", _read, _parsed, has_weights=True),
)
