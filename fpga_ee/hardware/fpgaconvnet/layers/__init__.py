"""The kinds of layers that the target fpgaConvNet has. Each is one file, with a ``KIND``."""

import re

from fpga_ee.discovery import modules_in
from fpga_ee.errors import NamedError
from fpga_ee.hardware.fpgaconvnet.layer_kinds import LayerKind, LayerModel
from fpga_ee.hardware.network.layers.layer import Layer

KINDS: dict[type, LayerKind] = {module.KIND.layer: module.KIND for module in modules_in(__name__, __path__)}
"""All kinds, by the class of their layers."""


def kind_of(layer: Layer) -> LayerKind:
    """Find the kind of a layer.

    Raises:
        FpgaEeError: fpgaConvNet has no such layer.
    """
    kind = KINDS.get(type(layer))
    if kind is None:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(layer).__name__).lower()
        raise NamedError(f"layer {layer.name}", f": fpgaConvNet has no {words}; try --target rtl")
    return kind


def model_of(layer: Layer) -> LayerModel:
    """Make the model of a layer.

    Raises:
        FpgaEeError: As :func:`kind_of`.
    """
    return kind_of(layer).model(layer)
