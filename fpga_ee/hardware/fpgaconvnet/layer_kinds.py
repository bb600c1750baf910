"""The form of a file in ``layers/``: the model of one kind of layer, and where else the kind stands.

The cycle model follows from first principles. A layer is a pipeline of small machines joined by queues
(window, multipliers, sums). The slowest of them sets the *interval*, the cycles between two samples:

* a window takes one padded position of its parallel channels per cycle;
* the multipliers do ``coarse_in * coarse_out * coarse_group * fine`` products per cycle;
* everything else passes one word per stream and cycle.

The *latency* of a layer follows from the part of a sample that must have entered before its first output
leaves, and from a few registers. Every interval and latency is of our own model; fpgaConvNet's, where they
differ, stand beside them in the report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.onnx_nodes import OnnxNodes
from fpga_ee.hardware.fpgaconvnet.partition_records import Record
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.target import PublishedFigures


class LayerModel(Protocol):
    """One layer, as fpgaConvNet's hardware builds it."""

    def foldings(self) -> list[Folding]:
        """All foldings that fpgaConvNet's hardware can build; every coarse factor divides the channels."""

    def interval(self, folding: Folding, /) -> int:
        """Cycles between two samples.

        Source: the numbers of output positions and products, divided by what is done in parallel. That is
        fpgaConvNet's ``latency_out``, with a window bound that counts padding once.
        """

    def first_output_after(self) -> Fraction:
        """The part of a sample that must have entered before the first output can leave."""

    def registers(self, folding: Folding, /) -> int:
        """Cycles that a word spends in registers.

        One at the input and one at the output; a multiplier's three and one per level of the adder tree; two
        for rounding and saturating; one per level of comparators in a pooling window.
        """

    def resources(self, folding: Folding, /) -> Resources:
        """Resources by fpgaConvNet where it has a model, and by our own for what it leaves out.

        Raises:
            FpgaEeError: fpgaconvnet-model is missing or cannot represent the layer.
        """

    def published(self, folding: Folding, /) -> PublishedFigures | None:
        """Figures of fpgaConvNet itself, as its parser would set the layer up; None where it has none.

        Its interval counts the padding of a convolution twice.

        Raises:
            FpgaEeError: As ``resources``.
        """

    def onnx(self, entering: str, /) -> OnnxNodes:
        """The layer in the form that fpgaConvNet's parser reads; no nodes where it has no such layer.

        Args:
            entering: The tensor that the layer reads.
        """


@dataclass(frozen=True)
class RecordForm:
    """The form that the layers of one kind have in partition files.

    Attributes:
        type: Their type, such as ``CONVOLUTION``.
        read: Makes the layer of a record; raises FpgaEeError where a parameter is missing or wrong.
        hardware: Makes fpgaConvNet's object of a layer at a folding, whose parameters a record holds.
        has_weights: The record names files of weights.
        flattens: The layer takes a feature map as a vector.
        is_activation: The layer is an activation function, which belongs to the layer before it.
    """

    type: str
    read: Callable[[Record], Layer]
    hardware: Callable[[Any, Folding], Any]
    has_weights: bool = False
    flattens: bool = False
    is_activation: bool = False


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer that fpgaConvNet's target has.

    Attributes:
        layer: The class of its layers.
        model: Makes the model of a layer.
        source: The model that the resources of such a layer are from.
        record: Their form in partition files; None where these do not have them.
    """

    layer: type[Layer]
    model: Callable[[Any], LayerModel]
    source: str
    record: RecordForm | None
