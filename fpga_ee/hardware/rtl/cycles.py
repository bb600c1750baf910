"""The cycle model of the library's modules: cycles between two samples.

Every layer is a pipeline behind a queue, so its interval is that of its busiest part, and a chain's that of
its busiest layer. Padding costs nothing, because it is not stored.
"""

from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.graph import Convolution, Layer, Linear, Pooling, Relu, Requantise
from fpga_ee.hardware.rtl.foldings import pooling_banks


def interval(layer: Layer, folding: Folding) -> int:
    """Cycles between two samples of a layer.

    With P_in and P_out positions, C channels, F filters, T taps and foldings ci, co and fine:

    * convolution: max(P_out * C/ci * T/fine * F/co, P_in * C/ci);
    * pooling: max(P_out * C/ci * T/fine, P_in * C/ci), fine as ``pooling_banks`` chooses it;
    * linear: words/ci * F/co; ReLU and requantisation: words/ci.
    """
    beats = layer.input.words // folding.streams_in
    groups = layer.input.channels // folding.streams_in
    outputs = layer.output.rows * layer.output.cols
    match layer:
        case Convolution(window=window):
            folds = layer.output.channels // folding.coarse_out
            return max(outputs * groups * (window.taps // folding.fine) * folds, beats)
        case Linear():
            return beats * (layer.output.channels // folding.coarse_out)
        case Pooling(window=window):
            rows, cols = pooling_banks(layer)
            return max(outputs * groups * window.taps // (rows * cols), beats)
        case Relu() | Requantise():
            return beats


def decision_interval(criterion: str, classes: int) -> int:
    """Cycles between two verdicts: the logits one by one, and for entropy two more to look the bound up."""
    return classes + (2 if criterion == "entropy" else 0)


def merge_interval(classes: int) -> int:
    """Cycles between two results: the logits one by one, and one to choose the exit."""
    return classes + 1
