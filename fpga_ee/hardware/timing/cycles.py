"""The cycle model of the library's modules: cycles between two samples.

Every layer is a pipeline behind a queue, so its interval is that of its busiest part, and a chain's that of
its busiest layer. Padding costs nothing, because it is not stored.
"""

from collections.abc import Sequence
from math import ceil, log2, prod

from fpga_ee.hardware.design.foldings import has_window, pooling_banks
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Convolution, Layer, Linear, Pooling, Relu, Requantise
from fpga_ee.hardware.timing.passages import Passage, worked_on

WINDOW = 4
"""Cycles from a row's last word to the first window that needed it (``sliding_window.sv``)."""

POOLING = 3
"""Cycles from a window's last beat to its largest words (``max_pool.sv``)."""

REQUANTISATION = 3
"""Cycles of rounding and limiting (``requantise.sv``)."""

QUEUE = 2
"""Cycles through an empty queue (``stream_fifo.sv``)."""


VERDICT = {"top1": 5, "entropy": 6}
"""Cycles from a sample's last logit to its verdict, beside one for every class.

Three to the first distance (``logit_distances.sv``), the first class's cycle among them; behind the last
distance one each to the tables, the sums and the verdict, and for entropy to its bound.
"""

PASSING_ON = 3
"""Cycles from a verdict to the first word of a sample that goes on: a queue of slots, and one to read it."""

MERGING = 2
"""Cycles from a result to the output (``exit_merge.sv``)."""


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


def passage(layer: Layer, folding: Folding, entering: Sequence[Passage]) -> list[Passage]:
    """When the rows of a sample leave a layer that holds no other sample.

    A row of windows begins when the one before is done and the last row that it needs is there whole. So rows
    come in bursts: a pooling, faster than the convolution before it, gives a row at once and then waits.
    What is not folded as wide as the layer before it is as slow as the words it takes one by one. Sums of a
    vector leave while its last beat is held. Delays in registers are those that the modules' headers state;
    converters between layers, a cycle or three each, are left out.
    """
    beats = layer.input.words // folding.streams_in
    match layer:
        case Linear():
            folds = _folds(layer, folding)
            done = worked_on(entering, beats, folds)[-1].last + registers(folding.coarse_in)
            return [Passage(done - folds, done)]
        case Convolution(window=window):
            folds = _folds(layer, folding)
            vector = layer.input.channels // folding.coarse_in * (window.taps // folding.fine)
            if has_window(layer):
                rows = _windows(layer, worked_on(entering, beats, 1), vector * folds)
            else:
                rows = worked_on(entering, beats, folds)
            delay = registers(folding.fine * folding.coarse_in)
            return [Passage(row.first + (vector - 1) * folds + delay, row.last + delay) for row in rows]
        case Pooling(window=window):
            taps = window.taps // prod(pooling_banks(layer))
            cycles = layer.input.channels // folding.coarse_in * taps
            rows = _windows(layer, worked_on(entering, beats, 1), cycles)
            return [Passage(row.first + taps - 1 + POOLING, row.last + POOLING) for row in rows]
        case Relu() if not layer.input.format.signed:
            return list(entering)
        case Requantise() | Relu():
            delay = REQUANTISATION + QUEUE
            return [Passage(row.first + delay, row.last + delay) for row in worked_on(entering, beats, 1)]


def _windows(layer: Convolution | Pooling, written: Sequence[Passage], cycles: int) -> list[Passage]:
    """When each row of windows is read, from when the rows are written and the cycles of a window."""
    window = layer.window
    needs, _ = rows_of_windows(
        window.kernel[0], window.stride[0], window.padding[0], len(written), layer.output.rows
    )
    found: list[Passage] = []
    for rows in needs:
        # The last word that it needs came the cycle before.
        begun = written[rows - 1].last - 1 + WINDOW
        if found:
            begun = max(begun, found[-1].last)
        found.append(Passage(begun, begun + layer.output.cols * cycles))
    return found


def rows_of_windows(
    kernel: int, stride: int, padding: int, rows: int, outputs: int
) -> tuple[list[int], list[int]]:
    """How many rows of a sample a row of windows waits for, and how many nobody needs behind it.

    It waits for the rows that it covers and for those that it frees (``row_ledger.sv``): behind the last one
    also rows that no window covers.

    Args:
        kernel: Rows of a window.
        stride: Rows from one row of windows to the next.
        padding: Rows of padding above the input.
        rows: Rows of the input.
        outputs: Rows of windows.

    Returns:
        Both, for every row of windows.
    """
    tops = [row * stride - padding for row in range(outputs)]
    frees = [*(min(max(top, 0), rows) for top in tops[1:]), rows]
    covers = (min(max(top + kernel, 1), rows) for top in tops)
    return [max(pair) for pair in zip(covers, frees, strict=True)], frees


def _folds(layer: Convolution | Linear, folding: Folding) -> int:
    return layer.output.channels // folding.coarse_out


def registers(words: int) -> int:
    """Cycles from the last beat of a vector to its sums (``linear.sv``)."""
    return 4 + ceil(log2(words))
