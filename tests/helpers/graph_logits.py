"""The logits that the layers of a hardware graph compute, in integers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.layer import Integers, Layer


def graph_logits(graph: HardwareGraph, codes: NDArray[np.integer]) -> list[Integers]:
    """Logits [samples, classes] of every exit for images [samples, rows, cols, channels]."""
    words: Integers = codes.astype(np.int64)
    found = []
    for stage in graph.stages:
        words = stage.backbone.leaving(words, _computed)
        found.append(stage.exit.leaving(words, _computed).reshape(len(codes), -1))
    return found


def _computed(layer: Layer, operands: Sequence[Integers]) -> Integers:
    return layer.computed(operands)
