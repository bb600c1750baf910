"""An average pooling in fpgaConvNet's hardware."""

from fpga_ee.hardware.fpgaconvnet.averaging import averaging_kind
from fpga_ee.hardware.network.layers.average_pooling import AveragePooling
from fpga_ee.hardware.network.window import Window


def _window_of(layer: AveragePooling) -> Window:
    return layer.window


KIND = averaging_kind(AveragePooling, _window_of)
