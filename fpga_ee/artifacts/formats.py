"""Fixed-point formats: what the integers of a tensor mean."""

from collections.abc import Mapping

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import record


@record
class FixedPoint:
    """Integers times 2^-frac, zero point 0, one frac for the whole tensor.

    Attributes:
        bits: Width of the integers.
        signed: Whether they are two's complement.
        frac: Fractional bits; may be negative or above ``bits``.
        symmetric: Whether a signed format leaves its most negative integer out, as weights do
            (7 bits: -63 to 63).
    """

    bits: int
    signed: bool
    frac: int
    symmetric: bool = False

    def __post_init__(self) -> None:
        """Check width and grid.

        Raises:
            ValueError: No hardware has such words, or float32 no such numbers.
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
        """Width of the ONNX integer type that holds it: 8, 16, 32 or 64."""
        return next(width for width in (8, 16, 32, 64) if self.bits <= width)

    @property
    def carrier(self) -> str:
        """Name of that type, in numpy's and torch's spelling: ``uint8``, ``int16``, ..."""
        return f"{'' if self.signed else 'u'}int{self.carrier_bits}"

    @property
    def carried(self) -> "FixedPoint":
        """The same grid with the whole range of that type."""
        return FixedPoint(bits=self.carrier_bits, signed=self.signed, frac=self.frac)

    def __str__(self) -> str:
        """Short form for tables: ``u8.5`` is unsigned, 8 bits, 5 of them fractional."""
        return f"{'s' if self.signed else 'u'}{self.bits}.{self.frac}"


MOST_WORD_BITS = 16
"""Bits of a word between layers, of a weight or of a logit: twice the widest activations and weights."""

MOST_WORD_FRAC = 32
"""Its fractional bits, or those that it lacks: sums of products still have a grid of at most 64."""


def check_word(what: str, format_: FixedPoint) -> None:
    """Check that a format is one of words, whose products and sums have formats too.

    Args:
        what: What it is the format of, for the message.
        format_: The format.

    Raises:
        ValueError: It is not.
    """
    if format_.bits > MOST_WORD_BITS or abs(format_.frac) > MOST_WORD_FRAC:
        raise ValueError(
            f"{what:.60} has words of {format_.bits} bits, {format_.frac} of them fractional: "
            f"{MOST_WORD_BITS} and {MOST_WORD_FRAC} are the most"
        )


@record
class LayerFormats:
    """Formats around one layer that multiplies: a convolution or a linear layer.

    Attributes:
        input: Format of the feature map that it reads.
        weight: Format of its weights.
        bias: Format of its bias and of its accumulator, on the grid of the products.
        output: Format that its accumulator is requantised to, after the pooling and ReLU behind it.
    """

    input: FixedPoint
    weight: FixedPoint
    bias: FixedPoint
    output: FixedPoint


@record
class AdditionFormats:
    """Formats around the sum of two feature maps.

    Attributes:
        inputs: Formats of both.
        output: Format that their sum is requantised to, after the pooling and ReLU behind it.
    """

    inputs: tuple[FixedPoint, ...]
    output: FixedPoint

    @property
    def finest_frac(self) -> int:
        """Fractional bits of the sum: those of the finer input."""
        return max(source.frac for source in self.inputs)


@record
class NetworkFormats:
    """Formats of a whole network.

    Attributes:
        layers: Of each multiplying layer, by its name, in the order of the network.
        additions: Of each sum of two feature maps, by its name, in the order of the network.
        feature_maps: Of each stage's feature map.
        logits: Of each exit's logits.
    """

    layers: Mapping[str, LayerFormats]
    additions: Mapping[str, AdditionFormats]
    feature_maps: tuple[FixedPoint, ...]
    logits: tuple[FixedPoint, ...]


@record
class Widths:
    """Widths that a network is quantized to.

    Attributes:
        weight_bits: Signed, symmetric weights.
        activation_bits: Feature maps, signed or unsigned as their values are. The image stays 8 bits.
        logit_bits: Signed logits.
        logit_frac: Most fractional bits that logits get; more make the exit decision's table longer,
            not the decision better (design.md section 5).
    """

    weight_bits: int = 7
    activation_bits: int = 8
    logit_bits: int = 16
    logit_frac: int = 4

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            FpgaEeError: A width that the flow cannot carry.
        """
        for name, bits in (("weight", self.weight_bits), ("activation", self.activation_bits)):
            if not 2 <= bits <= 8:
                raise FpgaEeError(f"{name} width {bits} is outside 2 to 8 bits")
        if not 8 <= self.logit_bits <= 16:
            raise FpgaEeError(f"logit width {self.logit_bits} is outside 8 to 16 bits")


IMAGE = FixedPoint(bits=8, signed=False, frac=8)
"""Format of every network's input: pixel / 256, so that the raw byte is the code."""

BIAS = FixedPoint(bits=32, signed=True, frac=0)
"""Format of every bias and accumulator, but for its fractional bits, which are those of the products."""
