"""Split: a stage's feature map goes to its exit and to the conditional buffer."""

from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing


def parted(drawing: Drawing, feature_map: Stream) -> tuple[Stream, Stream]:
    """Draw the split. Give the streams to the exit and to the buffer."""
    index = feature_map.stage
    return drawing.split(feature_map, f"split_{index}", f"exit_{index}", f"keep_{index}")
