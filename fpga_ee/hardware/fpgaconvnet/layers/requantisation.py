"""A requantisation, part of the accumulators in fpgaConvNet's hardware: all is of our own model."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind
from fpga_ee.hardware.fpgaconvnet.onnx_nodes import OnnxNodes
from fpga_ee.hardware.network.folding import Folding, divisors
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.search.target import PublishedFigures


@dataclass(frozen=True)
class RequantisationModel:
    """The model of a requantisation."""

    layer: Requantise

    def foldings(self) -> list[Folding]:
        """The layer takes as many streams as it gives."""
        return [Folding(coarse, coarse) for coarse in divisors(self.layer.input.channels)]

    def interval(self, folding: Folding) -> int:
        """Words per stream."""
        return self.layer.input.words // folding.coarse_in

    def first_output_after(self) -> Fraction:
        """One word is enough."""
        return Fraction(0)

    def registers(self, _folding: Folding) -> int:
        """One at the input, and two for rounding and saturating."""
        return 3

    def resources(self, folding: Folding) -> Resources:
        """Round half to even (an adder of the output's width, sticky bits) and saturate (compare, choose)."""
        given, taken = self.layer.output.format, self.layer.input.format
        dropped = ceil(max(0, taken.frac - given.frac) / 6)
        overflow = ceil(max(0, taken.bits - given.bits) / 6)
        lut = 2 * given.bits + dropped + overflow + 2
        return Resources(lut=lut, ff=2 * given.bits + 2) * folding.streams_out

    def published(self, _folding: Folding) -> PublishedFigures | None:
        """None: fpgaConvNet has no requantisation."""
        return None

    def onnx(self, _entering: str) -> OnnxNodes:
        """No nodes: the parser's tools have no requantisation."""
        return OnnxNodes()


KIND = LayerKind(Requantise, RequantisationModel, "own model", None)
