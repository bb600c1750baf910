"""A ReLU in fpgaConvNet's hardware, which counts no resources for it; ours are counted."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind, RecordForm
from fpga_ee.hardware.fpgaconvnet.onnx_nodes import OnnxNodes, node
from fpga_ee.hardware.fpgaconvnet.partition_records import Record
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.search.target import PublishedFigures


@dataclass(frozen=True)
class ReluModel:
    """The model of a ReLU."""

    layer: Relu

    def foldings(self) -> list[Folding]:
        """List foldings: as many streams leave as enter."""
        return [Folding(coarse, coarse) for coarse in divisors(self.layer.input.channels)]

    def interval(self, folding: Folding) -> int:
        """Count the words per stream."""
        return self.layer.input.words // folding.coarse_in

    def first_output_after(self) -> Fraction:
        """Give nothing, because one word is enough."""
        return Fraction(0)

    def registers(self, _folding: Folding) -> int:
        """Count one register."""
        return 1

    def resources(self, folding: Folding) -> Resources:
        """Count a gate and a register for every bit; nothing for unsigned words."""
        word = self.layer.output.format
        return Resources(lut=word.bits, ff=word.bits) * folding.streams_out if word.signed else Resources()

    def published(self, _folding: Folding) -> PublishedFigures | None:
        """Give none: fpgaConvNet counts nothing for a ReLU."""
        return None

    def onnx(self, entering: str) -> OnnxNodes:
        """Write a Relu node."""
        return OnnxNodes([node("Relu", self.layer, [entering])])


def _hardware(layer: Relu, folding: Folding) -> Any:
    entering = layer.input
    return modules().linear.ReLULayer(
        entering.rows, entering.cols, entering.channels, folding.streams_in, entering.format.bits
    )


def _read(record: Record) -> Relu:
    return Relu(record.name, record.input, record.output)


KIND = LayerKind(Relu, ReluModel, "own model", RecordForm("RELU", _read, _hardware, is_activation=True))
