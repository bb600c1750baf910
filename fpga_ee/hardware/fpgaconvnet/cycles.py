"""The cycle model: what a layer's interval and latency are, from first principles.

A layer is a pipeline of small machines joined by queues (window, multipliers, sums). The slowest of them
sets the *interval*, the cycles between two samples:

* a window takes one padded position of its parallel channels per cycle;
* the multipliers do ``coarse_in * coarse_out * coarse_group * fine`` products per cycle;
* everything else passes one word per stream and cycle.

Its *latency* follows from how much of a sample it must have seen before its first output, and from a few
registers. Every figure of this module is of our own model; fpgaConvNet's, where they differ, stand beside it
in the report.
"""

from fractions import Fraction
from math import ceil, log2

from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.timing.passages import Passage


def interval(layer: Layer, folding: Folding) -> int:
    """Cycles between two samples.

    With P_out output positions, P_pad padded input positions, C channels, F filters, G groups, T taps and
    foldings ci, co, cg and fine:

    * convolution: max(P_out * (C/G/ci) * (F/G/co) * (G/cg) * ceil(T/fine), P_pad * C/(ci cg));
    * linear: words/ci * F/co;
    * pooling: P_pad * C/ci; ReLU and requantisation: words/ci.

    Source: the numbers of output positions and products, divided by what is done in parallel; the same as
    fpgaConvNet's ``latency_out``, with a window bound that counts padding once.
    """
    match layer:
        case Convolution(window=window, groups=groups):
            channels = layer.input.channels // groups // folding.coarse_in
            filters = layer.output.channels // groups // folding.coarse_out
            rounds = groups // folding.coarse_group
            products = channels * filters * rounds * ceil(window.taps / folding.fine)
            computing = layer.output.rows * layer.output.cols * products
            return max(computing, _padded_positions(layer, window) * channels * rounds)
        case Linear():
            return (layer.input.words // folding.coarse_in) * (layer.output.channels // folding.coarse_out)
        case Pooling(window=window):
            return _padded_positions(layer, window) * (layer.input.channels // folding.coarse_in)
        case Relu() | Requantise():
            return layer.input.words // folding.coarse_in


def first_output_after(layer: Layer) -> Fraction:
    """The part of a sample that must have entered before the first output can leave.

    A window must be full once: all rows but its last, and that row up to the window's width, of the padded
    positions. A linear layer needs the whole sample, the others one word.
    """
    match layer:
        case Convolution(window=window) | Pooling(window=window):
            _, cols = window.padded(layer.input.rows, layer.input.cols)
            seen = (window.kernel[0] - 1) * cols + window.kernel[1]
            return Fraction(seen, _padded_positions(layer, window))
        case Linear():
            return Fraction(1)
        case Relu() | Requantise():
            return Fraction(0)


def registers(layer: Layer, folding: Folding) -> int:
    """Cycles that a word spends in a layer's registers.

    One at the input and one at the output; a multiplier's three and one per level of the adder tree; two for
    rounding and saturating; one per level of comparators in a pooling window.
    """
    match layer:
        case Convolution() | Linear():
            return 5 + ceil(log2(folding.fine * folding.coarse_in))
        case Pooling(window=window):
            return 2 + ceil(log2(window.taps))
        case Requantise():
            return 3
        case Relu():
            return 1


def passage(layer: Layer, folding: Folding, entering: Passage) -> Passage:
    """When a sample leaves a layer that holds no other sample.

    A layer is busy from the first word until both its interval has passed and the last word has come; the
    first output leaves when the needed part of that time has passed. So a slow layer is counted once, however
    many layers wait for it.
    """
    done = max(entering.first + interval(layer, folding), entering.last)
    delay = registers(layer, folding)
    begun = entering.first + ceil(first_output_after(layer) * (done - entering.first))
    return Passage(begun + delay, done + delay)


def _padded_positions(layer: Convolution | Pooling, window: Window) -> int:
    rows, cols = window.padded(layer.input.rows, layer.input.cols)
    return rows * cols
