"""A linear layer in fpgaConvNet's hardware."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, log2
from typing import Any

from onnx import helper

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind, RecordForm
from fpga_ee.hardware.fpgaconvnet.onnx_nodes import OnnxNodes, node, weight_tensors
from fpga_ee.hardware.fpgaconvnet.partition_records import Record
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.fpgaconvnet.units import bias_adder
from fpga_ee.hardware.fpgaconvnet.wheel_objects import as_parsed, published_of, shape_of, used_by, widths_of
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.search.target import PublishedFigures


@dataclass(frozen=True)
class LinearModel:
    """The model of a linear layer."""

    layer: Linear

    def foldings(self) -> list[Folding]:
        """List foldings: coarse factors only."""
        channels = product(divisors(self.layer.input.channels), divisors(self.layer.output.channels))
        return [Folding(coarse_in, coarse_out) for coarse_in, coarse_out in channels]

    def interval(self, folding: Folding) -> int:
        """Multiply the input words per stream by the outputs per stream."""
        words = self.layer.input.words // folding.coarse_in
        return words * (self.layer.output.channels // folding.coarse_out)

    def first_output_after(self) -> Fraction:
        """Give the whole sample, because every output needs it."""
        return Fraction(1)

    def registers(self, folding: Folding) -> int:
        """Count two at the ends, three in the multiplier, and one per level of the adder tree."""
        return 5 + ceil(log2(folding.coarse_in))

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
        """Write a Flatten node, and a Gemm node with transB = 1."""
        weights = weight_tensors(self.layer, (self.layer.output.channels, self.layer.input.words))
        flat = f"{self.layer.name}.flat"
        flatten = helper.make_node("Flatten", [entering], [flat], flat)
        inputs = [flat, *(weight.name for weight in weights)]
        return OnnxNodes([flatten, node("Gemm", self.layer, inputs, transB=1)], weights)


def _hardware(layer: Linear, folding: Folding) -> Any:
    return modules().linear.InnerProductLayer(
        layer.output.channels,
        **shape_of(layer),
        coarse_in=folding.coarse_in,
        coarse_out=folding.coarse_out,
        **widths_of(layer),
    )


def _parsed(layer: Linear, folding: Folding) -> Any:
    return as_parsed(_hardware(layer, folding), layer)


def _read(record: Record) -> Linear:
    return Linear(record.name, record.input, record.sums, record.weight_format, record.bias_format)


KIND = LayerKind(
    Linear,
    LinearModel,
    "fpgaConvNet",
    RecordForm("INNER_PRODUCT", _read, _parsed, has_weights=True, flattens=True),
)
