"""Feature maps: the data between two layers."""

from dataclasses import dataclass, replace

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError

MOST_SIDE = 1 << 16
"""Most channels, rows or columns: four times the most in published networks."""

MOST_WORDS = 1 << 27
"""Most words of a sample; a colour picture of 8K has three quarters of them."""


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
        """Check that counters of the hardware can count the feature map.

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
        """Number of positions: rows times columns."""
        return self.rows * self.cols

    def with_bits(self, bits: int) -> "FeatureMap":
        """Copy the feature map with words of ``bits`` bits."""
        return replace(self, format=replace(self.format, bits=bits))

    def __str__(self) -> str:
        """Write shape and format."""
        return f"{self.channels}x{self.rows}x{self.cols} {self.format}"
