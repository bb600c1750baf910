"""The cycle model of the library's modules: cycles between two samples.

Every layer is a pipeline behind a queue, so its interval is that of its busiest part, and a chain's that of
its busiest layer. Padding costs nothing, because it is not stored.
"""

from fractions import Fraction
from math import ceil, log2

from fpga_ee.hardware.cycles import Passage
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.graph import Convolution, Layer, Linear, Pooling, Relu, Requantise
from fpga_ee.hardware.rtl.foldings import pooling_banks

WINDOW = 4
"""Cycles from a window's last row to its first beat (``sliding_window.sv``)."""

POOLING = 6
"""Cycles from a window's last row to its largest words (``max_pool.sv``)."""

REQUANTISATION = 3
"""Cycles of rounding and limiting (``requantise.sv``)."""


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


def passage(layer: Layer, folding: Folding, entering: Passage) -> Passage:
    """When a sample leaves a layer that holds no other sample.

    A row of windows begins when the last row that it covers is there whole; sums of a vector leave while its
    last beat is held. Delays in registers are those that the modules' headers state.
    """
    waiting = entering.last - entering.first
    busy = interval(layer, folding)
    match layer:
        case Linear():
            done = max(entering.first + busy, entering.last) + _registers(folding.coarse_in)
            return Passage(done - layer.output.channels // folding.coarse_out, done)
        case Convolution(window=window) | Pooling(window=window):
            rows, outputs = layer.input.rows, layer.output.rows
            tops = [row * window.stride[0] - window.padding[0] for row in range(outputs)]
            ends = [min(max(top + window.kernel[0], 1), rows) for top in tops]
            begun = entering.first + ceil(Fraction(ends[0], rows) * waiting)
            # The windows that cover the last row are left when it has come.
            last = ceil(Fraction(sum(end == rows for end in ends), outputs) * busy)
            done = max(begun + busy, entering.last + last)
            pools = isinstance(layer, Pooling)
            delay = POOLING if pools else WINDOW + _registers(folding.fine * folding.coarse_in)
            return Passage(begun + delay, done + delay)
        case Requantise():
            return Passage(entering.first + REQUANTISATION, entering.last + REQUANTISATION)
        case Relu():
            return entering


def _registers(words: int) -> int:
    """Cycles from the last beat of a vector to its sums (``linear.sv``)."""
    return 4 + ceil(log2(words))
