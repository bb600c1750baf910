"""The quantize step: makes formats, the fixed-point network, and its certificate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from fpga_ee.artifacts.formats import LayerFormats, NetworkFormats, Widths
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.additions import certify_additions
from fpga_ee.quantization.certificate import LayerCertificate, NotExactError, certify, measure
from fpga_ee.quantization.fixed_point import choose_formats, fixed_point_network
from fpga_ee.quantization.tracing import Written, written


@dataclass(frozen=True)
class Quantized:
    """A fixed-point network and the record that makes it again.

    Attributes:
        network: The fixed-point network.
        formats: The format of every tensor.
        certificate: Certificates of every layer and of every addition.
    """

    network: EarlyExitNetwork
    formats: NetworkFormats
    certificate: tuple[LayerCertificate, ...]


LEAST_WEIGHT_BITS = 4
"""Least bits that a layer's weights keep for exact sums; fewer would cost accuracy."""


def quantize(network: EarlyExitNetwork, images: Tensor, widths: Widths) -> Quantized:
    """Quantize with formats chosen from images. Weights get fewer bits where exact sums need it.

    Args:
        network: Float network.
        images: Calibration images, float32 [N, *input_shape].
        widths: The widths of the formats.

    Raises:
        FpgaEeError: An operator is unknown, or a layer breaks the certificate.
    """
    graphs = written(network)
    return _with_exact_sums(network, graphs, choose_formats(network, graphs, images, widths))


def with_exact_sums(network: EarlyExitNetwork, formats: NetworkFormats) -> Quantized:
    """Quantize with given formats, but take bits from the weights of layers too large for exact sums.

    One bit less at the same range makes a grid twice as coarse, which halves every accumulator.

    Raises:
        FpgaEeError: As for :func:`quantize`.
    """
    return _with_exact_sums(network, written(network), formats)


def _with_exact_sums(
    network: EarlyExitNetwork, graphs: Sequence[Written], formats: NetworkFormats
) -> Quantized:
    while True:
        fixed_point = fixed_point_network(network, graphs, formats)
        integers = fixed_point.state_dict()
        too_large = [
            each.layer
            for each in measure(formats.layers, integers)
            if not each.sums_exactly and formats.layers[each.layer].weight.bits > LEAST_WEIGHT_BITS
        ]
        if not too_large:
            return _certified(fixed_point, formats)
        formats = _with_narrower_weights(formats, too_large)


def _with_narrower_weights(formats: NetworkFormats, layers: Collection[str]) -> NetworkFormats:
    def narrower(layer: LayerFormats) -> LayerFormats:
        weight = replace(layer.weight, bits=layer.weight.bits - 1, frac=layer.weight.frac - 1)
        return replace(layer, weight=weight, bias=replace(layer.bias, frac=layer.bias.frac - 1))

    narrowed = {name: narrower(layer) if name in layers else layer for name, layer in formats.layers.items()}
    return replace(formats, layers=narrowed)


def apply_formats(network: EarlyExitNetwork, formats: NetworkFormats) -> Quantized:
    """Quantize with known formats, and certify the result.

    Raises:
        FpgaEeError: An operator is unknown, or a layer breaks the certificate.
    """
    return _certified(fixed_point_network(network, written(network), formats), formats)


def _certified(fixed_point: EarlyExitNetwork, formats: NetworkFormats) -> Quantized:
    layers: tuple[LayerCertificate, ...] = ()
    additions: tuple[LayerCertificate, ...] = ()
    reasons: dict[str, str] = {}
    try:
        layers = certify(formats.layers, fixed_point.state_dict())
    except NotExactError as error:
        reasons |= error.reasons
    try:
        additions = certify_additions(formats.additions)
    except NotExactError as error:
        reasons |= error.reasons
    if reasons:
        raise NotExactError(reasons)
    return Quantized(fixed_point, formats, layers + additions)
