"""The protocol of a layer kind: all that readers, timing, drawing and the search use of a layer."""

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.timing.passages import Passage

Integers = NDArray[np.int64]
"""Feature maps [samples, rows, cols, channels], the order in which they are streamed."""


class Layer(Protocol):
    """A layer. Each kind is one file of ``layers/``.

    A layer is a frozen dataclass. It reads one or several feature maps (``inputs``) and gives one. A method
    that takes a value for each input takes a sequence, in the order of ``inputs``.
    """

    def __hash__(self) -> int:
        """Hash the layer: layers are keys of caches."""

    @property
    def name(self) -> str:
        """Name of the layer, unique in its network, for example ``backbone.0.layer.0``."""

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """The feature maps that it reads."""

    @property
    def output(self) -> FeatureMap:
        """The feature map that it gives."""

    @property
    def weights(self) -> int:
        """Number of weights; 0 for a kind that multiplies nothing."""

    @property
    def passes(self) -> bool:
        """True where the output is the input, so that no hardware is needed."""

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute the output in integers. This reference is compared with the hardware's streams."""

    def widened(self, data: int, sums: int) -> Self:
        """Copy the layer without weights, with words of ``data`` bits and sums of ``sums`` bits."""

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """Copy the layer with the input formats that hardware has, and the output format that follows."""

    def foldings(self) -> list[Folding]:
        """List all foldings that the library can build.

        Raises:
            FpgaEeError: The library cannot build the layer.
        """

    def check_folding(self, folding: Folding) -> None:
        """Refuse a folding that the library cannot build.

        Raises:
            FpgaEeError: The library cannot build the layer, or not with this folding.
        """

    def folding_at(self, streams: int) -> Folding:
        """Choose a folding for a layer that a design does not name.

        Its input comes in ``streams`` streams.
        """

    def folding_text(self, folding: Folding) -> str:
        """Write the factors of a folding that the kind has, for tables."""

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples."""

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """Compute when the rows of a sample leave the layer, if it holds no other sample."""

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Draw the blocks between a stream and the layer, which takes ``lanes`` words in a beat."""

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw the layer as blocks.

        Args:
            drawing: Takes the blocks.
            identifier: Name of the layer in hardware.
            folding: How it is folded.
            entering: The streams that it reads, as ``fed`` gives them.

        Returns:
            The stream of its output.

        Raises:
            FpgaEeError: The layer has no integer weights.
        """
