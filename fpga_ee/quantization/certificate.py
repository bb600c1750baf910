"""The certificate: two bounds with which float and integer kernels give the same bits.

They are computed for every layer, from the integers that are deployed:

1. The largest possible |accumulator| is below 2^24 grid steps. A float32 holds every integer up to there, so
   each partial sum is exact, in any order of additions.
2. No pair of products can saturate 16 bits. Processors without VNNI multiply unsigned activations by signed
   weights two at a time, and add each pair into an int16 that saturates (``vpmaddubsw``). Weights of more
   than 7 bits have no pairs: files hold them in int16, and ONNX Runtime leaves their layers in float.
"""

from collections.abc import Mapping

from torch import Tensor

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import Count, Name, record

ACCUMULATOR_LIMIT = 2**24
PAIR_LIMIT = 2**15 - 1


class NotExactError(FpgaEeError):
    """Layers whose sums depend on the runtime.

    Attributes:
        reasons: The reason with a remedy, by the layer's name.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        """Write the first reason."""
        name, reason = next(iter(reasons.items()))
        super().__init__(f"{name}: {reason}")
        self.reasons = reasons


@record
class LayerCertificate:
    """The figures of one layer.

    Attributes:
        layer: Name of the layer.
        largest_accumulator: The largest |accumulator| of any input, in grid steps.
        largest_pair: The largest |sum of two products|, in grid steps.
    """

    layer: Name
    largest_accumulator: Count
    largest_pair: Count

    @property
    def sums_exactly(self) -> bool:
        """True where float32 holds every possible accumulator."""
        return self.largest_accumulator < ACCUMULATOR_LIMIT


def measure(
    layers: Mapping[str, LayerFormats], integers: Mapping[str, Tensor]
) -> tuple[LayerCertificate, ...]:
    """Compute the figures of every layer, also outside the bounds; arguments as for :func:`certify`."""
    return tuple(
        _measure_layer(name, formats, integers[f"{name}.weight"], integers.get(f"{name}.bias"))
        for name, formats in layers.items()
    )


def certify(
    layers: Mapping[str, LayerFormats], integers: Mapping[str, Tensor]
) -> tuple[LayerCertificate, ...]:
    """Certify every layer.

    Args:
        layers: Formats of the layers, by name.
        integers: Integer weights and biases, by parameter name: the state of a fixed-point network.

    Raises:
        NotExactError: Layers break a bound.
    """
    certificates = measure(layers, integers)
    reasons = {each.layer: broken for each in certificates if (broken := _broken(each)) is not None}
    if reasons:
        raise NotExactError(reasons)
    return certificates


def _measure_layer(name: str, formats: LayerFormats, weight: Tensor, bias: Tensor | None) -> LayerCertificate:
    # One row of magnitudes for each output channel: all weights of one accumulator.
    magnitudes = weight.long().abs().flatten(start_dim=1)
    accumulators = magnitudes.sum(dim=1) * formats.input.magnitude
    if bias is not None:
        accumulators = accumulators + bias.long().abs()
    paired = formats.weight.carrier_bits == 8
    two_largest = magnitudes.topk(min(2, magnitudes.shape[1]), dim=1).values.sum(dim=1)
    return LayerCertificate(
        layer=name,
        largest_accumulator=int(accumulators.max()),
        largest_pair=int(two_largest.max()) * _largest_unsigned(formats.input) if paired else 0,
    )


def _broken(certificate: LayerCertificate) -> str | None:
    """Describe the bound that a layer breaks, with a remedy."""
    if not certificate.sums_exactly:
        return (
            f"an accumulator could reach {certificate.largest_accumulator:,} steps, and float32 is exact "
            f"only below {ACCUMULATOR_LIMIT:,}; use fewer weight or activation bits, or a smaller layer"
        )
    if certificate.largest_pair > PAIR_LIMIT:
        return (
            f"two products could add up to {certificate.largest_pair:,}, and processors without VNNI "
            f"saturate above {PAIR_LIMIT:,}; use at most 7 weight bits"
        )
    return None


def _largest_unsigned(format_: FixedPoint) -> int:
    """Find the largest activation in the kernels, which shift signed bytes up by 128."""
    return format_.high + (128 if format_.signed else 0)
