"""The quantize step: formats, the fixed-point network, and its certificate, together."""

from dataclasses import dataclass

from torch import Tensor

from fpga_ee.artifacts.formats import NetworkFormats, Widths
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.additions import certify_additions
from fpga_ee.quantization.certificate import LayerCertificate, certify
from fpga_ee.quantization.fixed_point import choose_formats, fixed_point_network


@dataclass(frozen=True)
class Quantized:
    """A fixed-point network and the record that makes it again.

    Attributes:
        network: The fixed-point network.
        formats: The format of every tensor.
        certificate: Of every layer, and of every addition.
    """

    network: EarlyExitNetwork
    formats: NetworkFormats
    certificate: tuple[LayerCertificate, ...]


def quantize(network: EarlyExitNetwork, images: Tensor, widths: Widths) -> Quantized:
    """Quantize with formats chosen from images.

    Args:
        network: Float network.
        images: Calibration images, float32 [N, *input_shape].
        widths: The widths to fit into.

    Raises:
        FpgaEeError: An operator is not known, or a layer breaks the certificate.
    """
    return apply_formats(network, choose_formats(network, images, widths))


def apply_formats(network: EarlyExitNetwork, formats: NetworkFormats) -> Quantized:
    """Quantize with known formats, and certify the result.

    Raises:
        FpgaEeError: An operator is not known, or a layer breaks the certificate.
    """
    fixed_point = fixed_point_network(network, formats)
    layers = certify(formats.layers, fixed_point.state_dict())
    return Quantized(fixed_point, formats, layers + certify_additions(formats.additions))
