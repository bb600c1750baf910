"""Checks that the numbers in an ONNX file have the formats that a manifest states.

The formats of a file show in its integers, in the scales and integer types between which it quantizes, and in
its clips. The check follows all values from the inputs on, also through branches. At the input of every
layer, at every feature map and at all logits, the file's format must be the manifest's.
"""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from itertools import chain
from math import inf

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto

from fpga_ee.artifacts.formats import AdditionFormats, FixedPoint, LayerFormats
from fpga_ee.artifacts.names import owner_of
from fpga_ee.artifacts.onnx_files import values_of

_PASSING_ON = frozenset({
    "MaxPool", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Dropout", "Gather",
    "GatherND", "Slice",
})  # fmt: skip
"""Operators that give only values that they read."""

_CARRIERS = frozenset({"int8", "uint8", "int16", "uint16", "int32"})


@dataclass(frozen=True)
class _Grid:
    """The integers between which a node converts.

    Attributes:
        carrier: Their type.
        frac: Their fractional bits; of filters with grids of their own, those of the finest.
        coarser: The fractional bits that each filter has less; empty where all have one grid.
    """

    carrier: str
    frac: int
    coarser: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.coarser:
            return f"{self.frac} fractional bits"
        fracs = [str(self.frac - bits) for bits in self.coarser]
        return f"{', '.join(fracs[:8])}{', ...' if fracs[8:] else ''} fractional bits"


@dataclass(frozen=True)
class _Values:
    """The values of a tensor, as far as a file shows them.

    Attributes:
        low: The least value that it can hold; as if all filters had the finest grid of them.
        high: The greatest value that it can hold, in the same way.
        grid: The integers that held the values; None for sums.
        layer: Name of the layer whose sums they are; None for other values.
        summands: The feature maps whose sum they are; none for other values.
        constant: Name of the initializer that they come from; None for other values.
    """

    low: float = -inf
    high: float = inf
    grid: _Grid | None = None
    layer: str | None = None
    summands: tuple["_Values", ...] = ()
    constant: str | None = None

    def __str__(self) -> str:
        if self.grid is None:
            return "not quantized"
        low, high = (value * 2.0**self.grid.frac for value in (self.low, self.high))
        return f"{self.grid.carrier} from {low:g} to {high:g} with {self.grid}"

    def has(self, expected: FixedPoint, coarser: tuple[int, ...] = ()) -> bool:
        """Tell whether the values have a format."""
        fits = expected.low * expected.scale <= self.low and self.high <= expected.high * expected.scale
        return self.grid == _Grid(expected.carrier, expected.frac, coarser) and fits

    def check(self, subject: str, expected: FixedPoint, coarser: tuple[int, ...] = ()) -> None:
        """Check that the values have a format."""
        if not self.has(expected, coarser):
            grid = _Grid(expected.carrier, expected.frac, coarser)
            raise ValueError(
                f"{subject} is {self}, not {grid.carrier} from {expected.low} to {expected.high} with {grid}"
            )


def check_formats_of_file(
    graph: onnx.GraphProto,
    layers: Mapping[str, LayerFormats],
    additions: Mapping[str, AdditionFormats],
    tensors: Mapping[str, FixedPoint],
) -> set[str]:
    """Compare the formats in a file of a fixed-point export with those of a manifest.

    An addition has no name in a file. So every sum of the file takes the formats of an addition of its own
    that has the same.

    Args:
        graph: The file.
        layers: Formats of the layers that multiply, by name.
        additions: Formats of the sums of feature maps, by name.
        tensors: Formats of the feature maps and logits, by name.

    Returns:
        The names of the layers and additions that are in the file.

    Raises:
        ValueError: A format differs, or the file has a layer or a sum that the manifest lacks.
    """
    inputs = {
        value.name: _of_format(tensors[value.name]) if value.name in tensors else _Values()
        for value in graph.input
    }
    follower = _Follower(layers, additions, tensors, set())
    follower.follow(graph, {}, inputs)
    return follower.found


def _of_format(format_: FixedPoint) -> _Values:
    grid = _Grid(format_.carrier, format_.frac)
    return _Values(format_.low * format_.scale, format_.high * format_.scale, grid)


@dataclass(frozen=True)
class _Follower:
    layers: Mapping[str, LayerFormats]
    additions: Mapping[str, AdditionFormats]
    tensors: Mapping[str, FixedPoint]
    found: set[str]

    def follow(
        self,
        graph: onnx.GraphProto,
        outer_constants: MutableMapping[str, onnx.TensorProto],
        outer_values: MutableMapping[str, _Values],
    ) -> None:
        """Follow the values through a graph. A branch also reads the values of the graph around it."""
        constants = ChainMap({tensor.name: tensor for tensor in graph.initializer}, outer_constants)
        known = ChainMap({}, outer_values)
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.type == AttributeProto.GRAPH:
                    self.follow(attribute.g, constants, known)
            found = self._given(node, constants, known) if node.output else None
            if found is None:
                continue
            name = node.output[0]
            known[name] = found
            if name in self.tensors:
                found.check(name, self.tensors[name])

    def _given(
        self,
        node: onnx.NodeProto,
        constants: Mapping[str, onnx.TensorProto],
        known: Mapping[str, _Values],
    ) -> _Values | None:
        """Find the values that a node gives, as far as the file shows them."""
        source = known.get(node.input[0]) if node.input else None
        match node.op_type:
            case "DequantizeLinear" | "QuantizeLinear":
                return self._converted(node, source, constants)
            case "Conv" | "Gemm" | "MatMul":
                return self._sums(node, [known.get(name) for name in node.input])
            case "Add":
                return self._sum([known.get(name) for name in node.input])
            case "Relu" if source is not None:
                return replace(source, low=max(0.0, source.low), high=max(0.0, source.high))
            case "Clip" if source is not None:
                return _clipped(node, source, constants)
        return source if node.op_type in _PASSING_ON else None

    def _converted(
        self, node: onnx.NodeProto, source: _Values | None, constants: Mapping[str, onnx.TensorProto]
    ) -> _Values:
        """Find the values of a quantization or dequantization: on a grid, within the integer type's range."""
        grid = _grid(node, constants)
        scale = 2.0**-grid.frac
        if node.op_type == "DequantizeLinear":
            if node.input[0] in constants:
                integers = _integers(constants[node.input[0]])
                low, high = (int(end(initial=0)) * scale for end in (integers.min, integers.max))
                grid = replace(grid, carrier=integers.dtype.name)
                return _Values(low, high, grid, constant=node.input[0])
            if source is not None and source.grid != grid:
                raise ValueError(f"{node.input[0]:.60} is {source}, and is read with {grid}")
            return source or _Values(grid=grid)
        source = source or _Values()
        ends = np.iinfo(grid.carrier)
        found = _Values(max(source.low, ends.min * scale), min(source.high, ends.max * scale), grid)
        if source.layer is not None:
            found.check(f"the output of {source.layer:.60}", self.layers[source.layer].output)
        if source.summands:
            self._find_addition(node, source.summands, found)
        return found

    def _find_addition(self, node: onnx.NodeProto, summands: tuple[_Values, ...], rounded: _Values) -> None:
        """Find the addition of the manifest that a sum of the file is."""
        for name, formats in self.additions.items():
            alike = len(formats.inputs) == len(summands) and all(map(_Values.has, summands, formats.inputs))
            if name not in self.found and alike and rounded.has(formats.output):
                self.found.add(name)
                return
        added = " and ".join(map(str, summands))
        raise ValueError(
            f"{node.output[0]:.60} is a sum of {added}, rounded to {rounded}: the manifest has no such "
            "addition, or not so many"
        )

    def _sums(self, node: onnx.NodeProto, given: list[_Values | None]) -> _Values:
        """Find the values of a layer's sums; check the formats of its input, weights and bias."""
        source, weight, bias = (*given, None, None, None)[:3]
        name = _layer(weight)
        if name not in self.layers:
            raise ValueError(f"the manifest lacks the formats of its layer {name or node.output[0]:.60}")
        self.found.add(name)
        formats = self.layers[name]
        for quantity, values, expected, coarser in (
            ("input", source, formats.input, ()),
            ("weight", weight, formats.weight, formats.coarser),
            ("bias", bias, formats.bias, formats.coarser),
        ):
            if values is not None:
                values.check(f"{name:.60}: its {quantity}", expected, coarser)
        return _Values(layer=name)

    def _sum(self, given: list[_Values | None]) -> _Values:
        """Find the values of an addition: of two feature maps, or of a layer's sums and its bias."""
        sums = next((each for each in given if each is not None and each.layer is not None), None)
        bias = next((each for each in given if each is not None and each.constant is not None), None)
        if sums is None or sums.layer is None or bias is None:
            summands = [() if each is None else each.summands or (each,) for each in given]
            return _Values(summands=tuple(chain.from_iterable(summands))) if all(summands) else _Values()
        formats = self.layers[sums.layer]
        bias.check(f"{sums.layer:.60}: its bias", formats.bias, formats.coarser)
        return sums


def _clipped(node: onnx.NodeProto, source: _Values, constants: Mapping[str, onnx.TensorProto]) -> _Values:
    """Find the values after a clip.

    A bound that is not constant is taken as no bound; one off the grid takes the values from the grid.
    """
    low, high = (
        _number(constants[name]) if name in constants else unbounded
        for name, unbounded in zip((*node.input[1:], "", "")[:2], (-inf, inf), strict=True)
    )
    ends = [min(max(end, low), high) for end in (source.low, source.high)]
    on_grid = source.grid is not None and all((end * 2.0**source.grid.frac).is_integer() for end in ends)
    return replace(source, low=ends[0], high=ends[1], grid=source.grid if on_grid else None)


def _layer(weight: _Values | None) -> str:
    """Give the name of the layer that a weight belongs to."""
    constant = "" if weight is None else weight.constant or ""
    return owner_of(constant) or constant


def _grid(node: onnx.NodeProto, constants: Mapping[str, onnx.TensorProto]) -> _Grid:
    """Read the integer type and the fractional bits between which a node converts."""
    if len(node.input) != 3 or any(name not in constants for name in node.input[1:]):
        raise ValueError(f"{node.output[0]:.60} has a scale or a zero point that is no constant")
    scale, zero = (constants[name] for name in node.input[1:])
    of_weights = node.op_type == "DequantizeLinear" and node.input[0] in constants
    mantissas, exponents = np.frexp(_numbers(scale) if of_weights else np.array([_number(scale)]))
    if (mantissas != 0.5).any() or np.any(_integers(zero)):
        raise ValueError(
            f"{node.output[0]:.60} is not quantized to integers of one power of two, with zero at zero"
        )
    coarser = tuple(int(bits) for bits in exponents - exponents.min())
    if any(coarser) and _axis(node) != 0:
        raise ValueError(f"{node.output[0]:.60} has several scales, and not one for each filter")
    frac = 1 - int(exponents.min())
    return _Grid(_integers(zero).dtype.name, frac, coarser if any(coarser) else ())


def _axis(node: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)


def _number(tensor: onnx.TensorProto) -> float:
    """Read the number that a constant holds."""
    values = _numbers(tensor)
    if values.size != 1:
        raise ValueError(f"the constant {tensor.name!r:.60} is not one number")
    return float(values[0])


def _numbers(tensor: onnx.TensorProto) -> NDArray[np.float64]:
    """Read the numbers that a constant holds."""
    values = values_of(tensor)
    if values.size == 0 or values.dtype.kind not in "fiu":
        raise ValueError(f"the constant {tensor.name!r:.60} is not one number, or several")
    return values.ravel().astype(np.float64)


def _integers(tensor: onnx.TensorProto) -> NDArray[np.integer]:
    """Read the integers that a constant holds."""
    values = values_of(tensor)
    if values.dtype.name not in _CARRIERS:
        raise ValueError(f"the constant {tensor.name!r:.60} holds {values.dtype.name}, which no format has")
    return values
