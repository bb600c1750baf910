"""Averages become convolutions: one filter a channel, all of whose weights are 1 / (values averaged).

PyTorch and ONNX Runtime need not round a quotient alike, and hardware would rather not divide. As a weight,
1 / k is rounded once, to as many bits as exact sums leave, and everything behind it is exact. Where k is a
power of two the average is exact too. Otherwise all values of a channel are too large or too small by the
same factor, which fine-tuning sees: with words of 8 bits at most k / 2^17, or twice that where the rounded
weights would pass the bound of exact sums. Average pooling, adaptive average pooling to sizes that divide the
input's, and the mean over rows and columns have this form; windows of different sizes do not.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.fx import GraphModule, Node

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT
from fpga_ee.quantization.graph_editing import insert, module_of, store

_ATEN = torch.ops.aten
_AVERAGING = frozenset({
    _ATEN.avg_pool2d.default, _ATEN.adaptive_avg_pool2d.default, _ATEN.mean.dim,
})  # fmt: skip


_MOST_FRAC = 24
_MOST_BITS = 16
"""Bits of the widest integers that ONNX files hold weights in."""


@dataclass(frozen=True)
class Average:
    """An average that became a convolution.

    Attributes:
        values: Number of values under a window.
        weight: The weight of each of them, before it is rounded.
    """

    values: int
    weight: float

    def weight_format(self, entering: FixedPoint) -> FixedPoint:
        """Choose the format of the weight.

        The grid is the finest on which no sum of weighted values reaches 2^24 steps. Of the grids that hold
        the same weight, it is the coarsest.

        Args:
            entering: Format of the values.
        """
        grids = [(frac, round(abs(self.weight) * 2**frac)) for frac in range(_MOST_FRAC, -1, -1)]
        known = [(frac, integer) for frac, integer in grids if 0 < integer < 1 << (_MOST_BITS - 1)]
        most = (ACCUMULATOR_LIMIT - 1) // (self.values * entering.magnitude)
        # The certificate refuses an average for which no grid is coarse enough.
        frac, integer = next((grid for grid in known if grid[1] <= most), known[-1])
        while integer % 2 == 0:
            frac, integer = frac - 1, integer // 2
        return FixedPoint(1 + integer.bit_length(), signed=True, frac=frac, symmetric=True)


@dataclass(frozen=True)
class _Windows:
    """The windows that are averaged: rows and columns each."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    divisor: int


def lower_averages(graph: GraphModule) -> None:
    """Replace all averages in ``graph`` that have this form.

    Raises:
        LayerRefusedError: The values of an average are not all windows of one size.
    """
    taken = {name.rpartition(".")[0] for name in graph.state_dict()}
    for node in list(graph.graph.nodes):
        if node.target not in _AVERAGING or node.args[0].meta["val"].ndim != 4:
            continue
        windows = _windows(node)
        source = node.args[0]
        channels = int(source.meta["val"].shape[1])
        # A pooling has a module of its own, unless it is used again.
        name = module_of(node).replace("@", "_")
        if not name or name in taken or node.target is _ATEN.mean.dim:
            name = f"{name}.{node.name}".lstrip(".")
        taken.add(name)
        weight = store(
            graph, node, f"{name}.weight", torch.full((channels, 1, *windows.kernel), 1 / windows.divisor)
        )
        arguments = (
            source, weight, None, list(windows.stride), list(windows.padding), [1, 1], channels,
        )  # fmt: skip
        result = insert(graph, node, _ATEN.conv2d.default, arguments)
        if node.meta["val"].ndim == 2:
            result = insert(graph, node, _ATEN.flatten.using_ints, (result, 1))
        node.replace_all_uses_with(result)
        graph.graph.erase_node(node)


def _windows(node: Node) -> _Windows:
    rows, cols = (int(size) for size in node.args[0].meta["val"].shape[2:])  # type: ignore[union-attr]
    arguments: tuple[Any, ...] = node.args[1:]
    match node.target:
        case _ATEN.mean.dim:
            if sorted(axis % 4 for axis in arguments[0] or range(4)) != [2, 3]:
                raise LayerRefusedError(
                    authored(node),
                    "fixed point knows the mean over rows and columns together, not over the dimensions "
                    f"{arguments[0]}",
                )
            return _Windows((rows, cols), (1, 1), (0, 0), rows * cols)
        case _ATEN.adaptive_avg_pool2d.default:
            wanted = _pair(arguments[0])
            kernel = rows // wanted[0], cols // wanted[1]
            if rows % wanted[0] or cols % wanted[1]:
                raise LayerRefusedError(
                    authored(node),
                    f"it makes {wanted[0]}x{wanted[1]} of {rows}x{cols} by windows of different sizes; fixed "
                    "point knows sizes that divide those of the input",
                )
            return _Windows(kernel, kernel, (0, 0), kernel[0] * kernel[1])
    return _pooling(node, (rows, cols), arguments)


def _pooling(node: Node, sizes: tuple[int, int], arguments: tuple[Any, ...]) -> _Windows:
    given = dict(enumerate(arguments))
    kernel = _pair(given[0])
    stride = _pair(given.get(1) or kernel)
    padding = _pair(given.get(2, 0))
    ceil_mode, with_padding, divisor = given.get(3, False), given.get(4, True), given.get(5)
    late = any(
        (size + 2 * pad - reach) % step
        for size, pad, reach, step in zip(sizes, padding, kernel, stride, strict=True)
    )
    if (ceil_mode and late) or (any(padding) and not with_padding and divisor is None):
        raise LayerRefusedError(
            authored(node),
            f"it divides the sums at the border by less than {kernel[0]}x{kernel[1]}; fixed point averages "
            "windows of one size: no ceil_mode, and count_include_pad where there is padding",
        )
    return _Windows(kernel, stride, padding, divisor or kernel[0] * kernel[1])


def _pair(value: Any) -> tuple[int, int]:
    """One number for both directions, or one for each."""
    values = [value] if isinstance(value, int) else list(value)
    return values[0], values[-1]
