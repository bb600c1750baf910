"""Feature maps: what travels between two layers."""

from dataclasses import dataclass, replace

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError

MOST_SIDE = 1 << 16
"""Channels, rows or columns; four times the widest of published networks."""

MOST_WORDS = 1 << 27
"""Words of a sample: a colour picture of 8K has three quarters."""


@dataclass(frozen=True)
class FeatureMap:
    """One sample between two layers, in raster order, channels innermost.

    A vector (logits, the output of a linear layer) has one row and one column.

    Attributes:
        channels: Channels, or entries of a vector.
        rows: Height.
        cols: Width.
        format: Fixed-point format of every word.
    """

    channels: int
    rows: int
    cols: int
    format: FixedPoint

    def __post_init__(self) -> None:
        """Check that hardware can count it.

        Raises:
            FpgaEeError: A size is below 1 or beyond counters of 16 bits, or a sample has too many words.
        """
        sizes = (self.channels, self.rows, self.cols)
        if not all(1 <= size <= MOST_SIDE for size in sizes) or self.words > MOST_WORDS:
            raise FpgaEeError(
                f"a feature map of {self.channels} x {self.rows} x {self.cols} words cannot be: each "
                f"size is 1 to {MOST_SIDE:,}, and {MOST_WORDS:,} words are the most"
            )

    @property
    def words(self) -> int:
        """Words of one sample."""
        return self.channels * self.rows * self.cols

    @property
    def positions(self) -> int:
        """Rows times columns."""
        return self.rows * self.cols

    def with_bits(self, bits: int) -> "FeatureMap":
        """The same feature map in words of so many bits."""
        return replace(self, format=replace(self.format, bits=bits))

    def __str__(self) -> str:
        """Its shape and format."""
        return f"{self.channels}x{self.rows}x{self.cols} {self.format}"
