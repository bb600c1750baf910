"""A requantisation, which is part of the accumulators in fpgaConvNet's hardware; all figures are ours."""

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
        """List foldings: as many streams leave as enter."""
        return [Folding(coarse, coarse) for coarse in divisors(self.layer.input.channels)]

    def interval(self, folding: Folding) -> int:
        """Count the words per stream."""
        return self.layer.input.words // folding.coarse_in

    def first_output_after(self) -> Fraction:
        """Give nothing, because one word is enough."""
        return Fraction(0)

    def registers(self, _folding: Folding) -> int:
        """Count one at the input, and two for rounding and saturating."""
        return 3

    def resources(self, folding: Folding) -> Resources:
        """Count an adder of the output's width and sticky bits for rounding, and a saturation."""
        given, taken = self.layer.output.format, self.layer.input.format
        dropped = ceil(max(0, taken.frac - given.frac) / 6)
        overflow = ceil(max(0, taken.bits - given.bits) / 6)
        lut = 2 * given.bits + dropped + overflow + 2
        return Resources(lut=lut, ff=2 * given.bits + 2) * folding.streams_out

    def published(self, _folding: Folding) -> PublishedFigures | None:
        """Give none: fpgaConvNet has no requantisation."""
        return None

    def onnx(self, _entering: str) -> OnnxNodes:
        """Give no nodes: the parser's tools have no requantisation."""
        return OnnxNodes()


KIND = LayerKind(Requantise, RequantisationModel, "own model", None)
