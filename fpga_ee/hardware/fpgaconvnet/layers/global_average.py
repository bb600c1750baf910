"""A global average in fpgaConvNet's hardware."""

from fpga_ee.hardware.fpgaconvnet.averaging import averaging_kind
from fpga_ee.hardware.network.layers.global_average import GlobalAverage
from fpga_ee.hardware.network.window import Window


def _window_of(layer: GlobalAverage) -> Window:
    return Window((layer.input.rows, layer.input.cols))


KIND = averaging_kind(GlobalAverage, _window_of)
