"""The form of a file in ``layers/``: the model of one kind of layer, and its form in partition files.

The cycle model follows from first principles. A layer is a pipeline of small machines joined by queues
(window, multipliers, sums). The slowest of them sets the *interval*, the cycles between two samples:

* a window takes one padded position of its parallel channels per cycle;
* the multipliers do ``coarse_in * coarse_out * coarse_group * fine`` products per cycle;
* everything else passes one word per stream and cycle.

The *latency* of a layer follows from the share of a sample that must have entered before its first output
leaves, and from a few registers. Every interval and latency is of our own model. The report shows
fpgaConvNet's beside them where they differ.
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
    """A layer in fpgaConvNet's hardware."""

    def foldings(self) -> list[Folding]:
        """List all foldings that fpgaConvNet's hardware can build.

        Every coarse factor divides the channels.
        """

    def interval(self, folding: Folding, /) -> int:
        """Compute the cycles between two samples.

        Source: the numbers of output positions and products, divided by the parallelism. This is
            fpgaConvNet's
        ``latency_out``, with a bound for the window that counts padding once.
        """

    def first_output_after(self) -> Fraction:
        """Compute the share of a sample that must have entered before the first output can leave."""

    def registers(self, folding: Folding, /) -> int:
        """Count the cycles that a word spends in registers.

        One at the input and one at the output; three in a multiplier and one per level of the adder tree; two
        for rounding and saturating; one per level of comparators in a pooling window.
        """

    def resources(self, folding: Folding, /) -> Resources:
        """Count resources by fpgaConvNet's model where it has one, else by our own.

        Raises:
            FpgaEeError: fpgaconvnet-model is missing or cannot represent the layer.
        """

    def published(self, folding: Folding, /) -> PublishedFigures | None:
        """Give fpgaConvNet's own figures for the layer, as its parser sets it up; None where it has none.

        Its interval counts the padding of a convolution twice.

        Raises:
            FpgaEeError: As ``resources``.
        """

    def onnx(self, entering: str, /) -> OnnxNodes:
        """Write the layer in the form that fpgaConvNet's parser reads; no nodes for a layer that it lacks.

        Args:
            entering: The tensor that the layer reads.
        """


@dataclass(frozen=True)
class RecordForm:
    """The form of a kind's layers in partition files.

    Attributes:
        type: The name of their type, for example ``CONVOLUTION``.
        read: Makes the layer from a record; raises FpgaEeError where a parameter is missing or wrong.
        hardware: Makes fpgaConvNet's object of a layer with a folding; a record holds the object's
            parameters.
        has_weights: True where the record names files of weights.
        flattens: True where the layer takes a feature map as a vector.
        is_activation: True for an activation function, which belongs to the layer before it.
    """

    type: str
    read: Callable[[Record], Layer]
    hardware: Callable[[Any, Folding], Any]
    has_weights: bool = False
    flattens: bool = False
    is_activation: bool = False


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer that the target fpgaConvNet has.

    Attributes:
        layer: The class of its layers.
        model: Makes the model of a layer.
        source: The model of the layers' resources.
        record: Their form in partition files; None where these lack the kind.
    """

    layer: type[Layer]
    model: Callable[[Any], LayerModel]
    source: str
    record: RecordForm | None
