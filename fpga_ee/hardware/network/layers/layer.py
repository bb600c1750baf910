"""A layer kind, as readers, timing, drawing and the search see it."""

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
    """A layer: one file of ``layers/`` for each kind.

    A layer is a frozen dataclass. It reads one feature map or several (``inputs``) and gives one. Methods
    that take a value for each of them take a sequence, in the same order.
    """

    def __hash__(self) -> int:
        """Layers are keys of caches."""

    @property
    def name(self) -> str:
        """Its name in the network, such as ``backbone.0.layer.0``; unique there."""

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """The feature maps that it reads."""

    @property
    def output(self) -> FeatureMap:
        """The feature map that it gives."""

    @property
    def weights(self) -> int:
        """Number of its weights; 0 for a kind that multiplies nothing."""

    @property
    def passes(self) -> bool:
        """True where its output is its input, so that hardware needs nothing for it."""

    def computed(self, operands: Sequence[Integers]) -> Integers:
        """Compute its output in integers: the reference that streams are held against."""

    def widened(self, data: int, sums: int) -> Self:
        """The same layer without weights, in words of ``data`` bits and sums of ``sums`` bits."""

    def fitted(self, entering: Sequence[FixedPoint]) -> Self:
        """The same layer with the formats that hardware gives it and takes from it."""

    def foldings(self) -> list[Folding]:
        """All foldings that the library can build.

        Raises:
            FpgaEeError: The library does not have the layer.
        """

    def check_folding(self, folding: Folding) -> None:
        """Refuse a folding that the library cannot build.

        Raises:
            FpgaEeError: The library does not have the layer or the folding.
        """

    def folding_at(self, streams: int) -> Folding:
        """The folding where a design does not name the layer and its input comes in so many streams."""

    def folding_text(self, folding: Folding) -> str:
        """A folding in a few words, for tables: the factors that the kind has."""

    def interval(self, folding: Folding) -> int:
        """Cycles between two samples."""

    def passage(self, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
        """When the rows of a sample leave the layer, where it holds no other sample."""

    def fed(self, drawing: Drawing, stream: Stream, lanes: int) -> Stream:
        """Draw what joins a stream to the layer, which takes so many words a beat."""

    def drawn(
        self, drawing: Drawing, identifier: str, folding: Folding, entering: Sequence[Stream]
    ) -> Stream:
        """Draw the layer as blocks.

        Args:
            drawing: Takes the blocks.
            identifier: What the layer is called in hardware.
            folding: How it is folded.
            entering: The streams that it reads, as ``fed`` gives them.

        Returns:
            The stream that it gives.

        Raises:
            FpgaEeError: The layer has no integer weights.
        """
