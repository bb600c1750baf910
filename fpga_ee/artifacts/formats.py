"""Fixed-point formats: the meaning of a tensor's integers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import record

MOST_PAIRED_BITS = 7
"""Most bits of weights of which any two products with words of 8 bits fit 16 bits: 2 * 255 * 63 <= 32,767."""


@record
class FixedPoint:
    """Integers times 2^-frac, zero point 0, one frac for the whole tensor.

    Attributes:
        bits: Width of the integers.
        signed: True where they are two's complement.
        frac: Fractional bits; may be negative or above ``bits``.
        symmetric: True for a signed format without its most negative integer, as weights have
            (7 bits: -63 to 63).
    """

    bits: int
    signed: bool
    frac: int
    symmetric: bool = False

    def __post_init__(self) -> None:
        """Check width and grid.

        Raises:
            ValueError: The width or the grid is out of its range.
        """
        if not 1 <= self.bits <= 64:
            raise ValueError(f"a format of {self.bits} bits is outside 1 to 64")
        if abs(self.frac) > 64:
            raise ValueError(f"a format of {self.frac} fractional bits is outside -64 to 64")

    @property
    def scale(self) -> float:
        """The value of one grid step."""
        return 2.0**-self.frac

    @property
    def low(self) -> int:
        """The least integer."""
        if not self.signed:
            return 0
        return -(1 << (self.bits - 1)) + self.symmetric

    @property
    def high(self) -> int:
        """The greatest integer."""
        return (1 << (self.bits - self.signed)) - 1

    @property
    def magnitude(self) -> int:
        """The largest absolute value of an integer."""
        return max(-self.low, self.high)

    @property
    def carrier_bits(self) -> int:
        """Width of the ONNX integer type that carries the format: 8, 16, 32 or 64.

        It is the narrowest that holds the integers, but weights of 8 bits are carried in 16. Kernels for int8
        may add two of their products in 16 bits, which overflow; ONNX Runtime has none for int16.
        """
        in_bytes = not self.symmetric or self.bits <= MOST_PAIRED_BITS
        return next(width for width in (8, 16, 32, 64) if self.bits <= width and (in_bytes or width > 8))

    @property
    def carrier(self) -> str:
        """Name of the carrying type, as numpy and torch write it: ``uint8``, ``int16``, ..."""
        return f"{'' if self.signed else 'u'}int{self.carrier_bits}"

    @property
    def carried(self) -> "FixedPoint":
        """The format with the whole range of the carrying type, on the same grid."""
        return FixedPoint(bits=self.carrier_bits, signed=self.signed, frac=self.frac)

    def __str__(self) -> str:
        """Write the format for tables: ``u8.5`` is unsigned, 8 bits, 5 of them fractional."""
        return f"{'s' if self.signed else 'u'}{self.bits}.{self.frac}"


MOST_WORD_BITS = 16
"""Most bits of a word between layers, of a weight or of a logit.

The limit is twice the most bits of activations and weights.
"""

MOST_WORD_FRAC = 32
"""Most fractional bits of a word, positive or negative: sums of products then have at most 64."""


def check_word(owner: str, format_: FixedPoint) -> None:
    """Check that a word is not too wide, so that its products and sums have formats too.

    Args:
        owner: The tensor or layer of the format, for the message.
        format_: The format.

    Raises:
        ValueError: It has too many bits or fractional bits.
    """
    if format_.bits > MOST_WORD_BITS or abs(format_.frac) > MOST_WORD_FRAC:
        raise ValueError(
            f"{owner:.60} has words of {format_.bits} bits, {format_.frac} of them fractional: "
            f"{MOST_WORD_BITS} and {MOST_WORD_FRAC} are the most"
        )


MOST_COARSER = 16
"""Most fractional bits that one filter has less than another; accumulators on one grid then have 41 bits."""


@record
class LayerFormats:
    """Formats around one layer that multiplies: a convolution or a linear layer.

    Each filter may have a grid of its own. ``weight`` and ``bias`` then have the fractional bits of the
    finest.

    Attributes:
        input: Format of the feature map that it reads.
        weight: Format of its weights.
        bias: Format of its bias and of its accumulator, on the grid of the products.
        output: Format that its accumulator is requantised to, after the pooling and ReLU that follow it.
        coarser: The fractional bits that weights, bias and accumulator of each filter have less than
            ``weight`` and ``bias`` say; empty where all filters have one grid.
    """

    input: FixedPoint
    weight: FixedPoint
    bias: FixedPoint
    output: FixedPoint
    coarser: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check that the grids of the filters have one form.

        Raises:
            ValueError: None of them is the finest, all are equal, or they are too far apart.
        """
        if self.coarser and not (min(self.coarser) == 0 < max(self.coarser) <= MOST_COARSER):
            raise ValueError(
                f"filters that are {min(self.coarser)} to {max(self.coarser)} bits coarser than the finest "
                f"of them are outside 0 to {MOST_COARSER}, or all alike"
            )

    def with_filter_fracs(self, fracs: Sequence[int]) -> Self:
        """Copy the formats with fractional bits for the weights of each filter.

        Raises:
            ValueError: They are too far apart.
        """
        finest = max(fracs)
        coarser = tuple(finest - frac for frac in fracs)
        return replace(
            self,
            weight=replace(self.weight, frac=finest),
            bias=replace(self.bias, frac=self.input.frac + finest),
            coarser=coarser if any(coarser) else (),
        )


@record
class AdditionFormats:
    """Formats around the sum of two feature maps.

    Attributes:
        inputs: Formats of both inputs.
        output: Format that the sum is requantised to, after the pooling and ReLU that follow it.
    """

    inputs: tuple[FixedPoint, ...]
    output: FixedPoint

    @property
    def finest_frac(self) -> int:
        """Fractional bits of the sum: those of the input with the finer grid."""
        return max(source.frac for source in self.inputs)


@record
class NetworkFormats:
    """Formats of a whole network.

    Attributes:
        layers: Formats of each multiplying layer, by its name, in the order of the network.
        additions: Formats of each sum of two feature maps, by its name, in the order of the network.
        feature_maps: Format of each stage's feature map.
        logits: Format of each exit's logits.
    """

    layers: Mapping[str, LayerFormats]
    additions: Mapping[str, AdditionFormats]
    feature_maps: tuple[FixedPoint, ...]
    logits: tuple[FixedPoint, ...]


@record
class Widths:
    """Widths to which a network is quantized.

    Attributes:
        weight_bits: Bits of the weights, which are signed and symmetric.
        activation_bits: Bits of the feature maps, signed or unsigned like their values. The image keeps 8
            bits.
        logit_bits: Bits of the logits, which are signed.
        logit_frac: Most fractional bits of the logits. More would make the exit decision's table longer, but
            the decision no better (docs/design.md, "The exit decision").
    """

    weight_bits: int = 7
    activation_bits: int = 8
    logit_bits: int = 16
    logit_frac: int = 4

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            FpgaEeError: A width is out of the range that the flow supports.
        """
        for name, bits in (("weight", self.weight_bits), ("activation", self.activation_bits)):
            if not 2 <= bits <= 8:
                raise FpgaEeError(f"{name} width {bits} is outside 2 to 8 bits")
        if not 8 <= self.logit_bits <= 16:
            raise FpgaEeError(f"logit width {self.logit_bits} is outside 8 to 16 bits")


IMAGE = FixedPoint(bits=8, signed=False, frac=8)
"""Format of every network's input: pixel / 256, so that the raw byte is the code."""

BIAS = FixedPoint(bits=32, signed=True, frac=0)
"""Format of every bias and accumulator, except for its fractional bits; the products have the same."""
