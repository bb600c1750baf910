"""Turns a chain of ONNX nodes into hardware layers. It refuses by name each node that hardware lacks.

A layer that multiplies is requantised at once, before the pooling and the ReLU that may follow it in the
file. This changes no bit, because rounding and saturating never reverse the order of two numbers and keep
zero: the largest of rounded words is the largest word, rounded. It saves hardware, because words are narrower
than sums.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from math import ceil, inf, isnan, log2, prod

import numpy as np
import onnx

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.artifacts.names import owner_of
from fpga_ee.artifacts.onnx_files import named
from fpga_ee.errors import NamedError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.readers.averaged_convolution import average_of
from fpga_ee.hardware.readers.dilated_convolution import reach, undilated
from fpga_ee.hardware.readers.view import Array, View, attributes, plain_name

FormatsOf = Callable[[str], LayerFormats]
"""Gives the formats around a layer by its name."""


@dataclass(frozen=True)
class ChainNode:
    """A node that reads one feature map, and all that its layers depend on.

    Attributes:
        view: The graph that it is in.
        node: The node.
        following: The one node that reads it; None where there are several or none.
        entering: The feature map that it reads.
        formats_of: Formats around a layer by its name.
        layers: The layers before it, from the last fork or join on.
    """

    view: View
    node: onnx.NodeProto
    following: onnx.NodeProto | None
    entering: FeatureMap
    formats_of: FormatsOf
    layers: tuple[Layer, ...]


def read_chain(
    view: View,
    nodes: Sequence[onnx.NodeProto],
    entering: FeatureMap,
    formats_of: FormatsOf,
    before: tuple[Layer, ...] = (),
) -> tuple[tuple[Layer, ...], FeatureMap]:
    """Read a chain of nodes as layers.

    Args:
        view: The graph that the nodes are in.
        nodes: The nodes, first to last.
        entering: The feature map that the first of them reads.
        formats_of: Formats around a layer by its name.
        before: The layers that give it, where nothing else reads any of them.

    Returns:
        The layers, with those before, and the feature map that the last of them gives.

    Raises:
        FpgaEeError: Hardware lacks an operator or an attribute; the message names the node.
    """
    layers, current = before, entering
    for node, following in zip(nodes, (*nodes[1:], None), strict=False):
        layers = read_node(ChainNode(view, node, following, current, formats_of, layers))
        current = layers[-1].output if layers else current
    return layers, current


def read_node(it: ChainNode) -> tuple[Layer, ...]:
    """Add the layers of a node to the layers before it; a bias or a normalisation changes the last of them.

    Raises:
        FpgaEeError: Hardware lacks the operator or an attribute; the message names the node.
    """
    return tuple(_OPERATORS.get(it.node.op_type, _unknown)(it))


def stand_in(node: onnx.NodeProto, leaving: FeatureMap) -> Layer:
    """Make a layer that stands for a node which hardware lacks, so that nodes behind it can be read."""
    return Requantise(plain_name(node), leaving, leaving)


def _unknown(it: ChainNode) -> Iterable[Layer]:
    raise NamedError(named(it.node), " is not supported here: the hardware has no such operator")


def _moving(it: ChainNode) -> Iterable[Layer]:
    """Add nothing: the operator moves or encodes words, and the formats are known already."""
    return it.layers


def _softmax(it: ChainNode) -> Iterable[Layer]:
    """Accept a softmax at the end: it keeps the order of the logits, and the exit rule has its own."""
    return it.layers if it.following is None else _unknown(it)


def _relu(it: ChainNode) -> Iterable[Layer]:
    return *it.layers, Relu(plain_name(it.node), it.entering, it.entering)


def _convolution(it: ChainNode) -> Iterable[Layer]:
    view, node, entering = it.view, it.node, it.entering
    name, weight = _parameter(view, node, 1)
    given = attributes(node)
    groups = given.get("group", 1)
    dilations = given.get("dilations", [1] * (weight.ndim - 2))
    window = _window(node, given, reach(weight.shape[2:], dilations))
    rows, cols = window.output(entering.rows, entering.cols)
    if rows < 1 or cols < 1 or weight.shape[1] * groups != entering.channels:
        raise NamedError(
            named(node),
            f": weights {list(weight.shape)} in {groups} groups do not fit an input of "
            f"{entering.channels}x{entering.rows}x{entering.cols}",
        )
    formats = it.formats_of(name)
    bias = _parameter(view, node, 2)[1] if len(node.input) > 2 and node.input[2] else None
    sums = FeatureMap(weight.shape[0], rows, cols, _accumulator(entering.format, formats, weight, bias))
    layer = Convolution(
        name,
        entering,
        sums,
        window,
        formats.weight,
        None if bias is None else formats.bias,
        groups,
        undilated(weight, dilations),
        bias,
    )
    return *it.layers, average_of(layer), _requantise(name, sums, formats)


def _linear(it: ChainNode) -> Iterable[Layer]:
    view, node, entering = it.view, it.node, it.entering
    name, weight = _parameter(view, node, 1)
    given = attributes(node)
    if given.get("transA", 0) or given.get("alpha", 1.0) != 1.0 or given.get("beta", 1.0) != 1.0:
        raise NamedError(named(node), ": transA, alpha and beta are not supported")
    if not given.get("transB", 0):
        weight = weight.T
    if weight.ndim != 2 or weight.shape[1] != entering.words:
        raise NamedError(
            named(node), f": weights {list(weight.shape)} do not fit an input of {entering.words} words"
        )
    formats = it.formats_of(name)
    bias = _parameter(view, node, 2)[1] if len(node.input) > 2 and node.input[2] else None
    sums = FeatureMap(weight.shape[0], 1, 1, _accumulator(entering.format, formats, weight, bias))
    bias_format = None if bias is None else formats.bias
    layer = Linear(name, entering, sums, formats.weight, bias_format, weight, bias)
    return *it.layers, layer, _requantise(name, sums, formats)


def _multiplying(it: ChainNode) -> Layer | None:
    """Find the layer before an operator that can change its sums; None where there is none."""
    return it.layers[-2] if it.layers and isinstance(it.layers[-1], Requantise) else None


def _bias(it: ChainNode) -> Iterable[Layer]:
    """Make one linear layer of MatMul and Add."""
    layer, node = _multiplying(it), it.node
    bias = next((found for name in node.input if (found := it.view.constant(name)) is not None), None)
    if not isinstance(layer, Linear) or layer.bias is not None or bias is None or bias.ndim != 1:
        raise NamedError(
            named(node), " is not the bias of a linear layer: of other constants, hardware adds none"
        )
    biased = replace(layer, bias=bias, bias_format=layer.output.format)
    return *it.layers[:-2], biased, it.layers[-1]


def _normalisation(it: ChainNode) -> Iterable[Layer]:
    """Fold a batch normalisation into the layer before it: scale its filters, and change its bias."""
    layer, node = _multiplying(it), it.node
    constants = [it.view.constant(name) for name in node.input[1:5]]
    if (
        not isinstance(layer, Convolution | Linear)
        or layer.weight is None
        or any(constant is None for constant in constants)
        or not np.issubdtype(layer.weight.dtype, np.floating)
    ):
        raise NamedError(named(node), " can only be folded into a float layer before it: fold it at export")
    scale, shift, mean, variance = (np.asarray(constant) for constant in constants)
    factor = scale / np.sqrt(variance + attributes(node).get("epsilon", 1e-5))
    bias = np.zeros_like(mean) if layer.bias is None else layer.bias
    folded = replace(
        layer,
        weight=layer.weight * factor.reshape(-1, *[1] * (layer.weight.ndim - 1)),
        bias=(bias - mean) * factor + shift,
        bias_format=layer.bias_format or layer.output.format,
    )
    return *it.layers[:-2], folded, it.layers[-1]


def _pooling(it: ChainNode) -> Iterable[Layer]:
    node = it.node
    given = attributes(node)
    if given.get("ceil_mode", 0):
        raise NamedError(
            named(node), ": ceil_mode is not supported; give pads at the end, as `fpga-ee export` does"
        )
    if any(step != 1 for step in given.get("dilations", ())):
        raise NamedError(named(node), f": dilations {list(given['dilations'])} are not supported")
    if given.get("storage_order", 0):
        raise NamedError(named(node), ": storage_order is not supported; export without it")
    return _pooled(it, _window(node, given, tuple(given["kernel_shape"])))


def _global_pooling(it: ChainNode) -> Iterable[Layer]:
    return _pooled(it, Window((it.entering.rows, it.entering.cols)))


def _pooled(it: ChainNode, window: Window) -> Iterable[Layer]:
    node, entering = it.node, it.entering
    rows, cols = window.output(entering.rows, entering.cols)
    if rows < 1 or cols < 1:
        raise NamedError(named(node), ": its window is larger than its input")
    leaving = replace(entering, rows=rows, cols=cols)
    return *it.layers, Pooling(plain_name(node), entering, leaving, window)


def _window(node: onnx.NodeProto, given: dict[str, Sequence[int]], kernel: tuple[int, ...]) -> Window:
    if len(kernel) != 2:
        raise NamedError(named(node), f" has {len(kernel)} spatial dimensions: only 2 are supported")
    if given.get("auto_pad", "NOTSET") != "NOTSET":
        raise NamedError(named(node), ": auto_pad is not supported; give pads")
    top, left, bottom, right = given.get("pads", (0, 0, 0, 0))
    rows, cols = given.get("strides", (1, 1))
    return Window((kernel[0], kernel[1]), (rows, cols), (top, left, bottom, right))


def _clip(it: ChainNode) -> Iterable[Layer]:
    """Make a clip the bounds of the rounding before it, together with the ReLUs in between.

    Poolings in between stay behind the rounding. A clip that changes no word is left out. A format that is
    narrower than its integer type comes with a clip like this, although words saturate at the format's ends
    anyway.
    """
    low, high = _bound(it, 1, "min", -inf), _bound(it, 2, "max", inf)
    between = [*takewhile(lambda layer: isinstance(layer, Pooling | Relu), reversed(it.layers))][::-1]
    before = it.layers[: len(it.layers) - len(between)]
    rounding = before[-1] if before else None
    if not isinstance(rounding, Requantise):
        raise NamedError(
            plain_name(it.node),
            f" clips to {low:g} and {high:g}: hardware has clips only behind a layer "
            "that multiplies and whose result nothing else reads; put it there, or take a ReLU",
        )
    reached = rounding.clipped(0, inf) if any(isinstance(layer, Relu) for layer in between) else rounding
    clipped = reached.clipped(low, high)
    if (clipped.low, clipped.high) == (reached.low, reached.high):
        return it.layers
    return *before[:-1], clipped, *(layer for layer in between if isinstance(layer, Pooling))


def _bound(it: ChainNode, index: int, name: str, unbounded: float) -> float:
    """Find a bound of a clip: an input, or an attribute in files of opset 6 to 10."""
    tensor = (*it.node.input, "", "")[index]
    if not tensor:
        return float(attributes(it.node).get(name, unbounded))
    bound = it.view.constant(tensor)
    if bound is None or bound.size != 1 or isnan(bound.item()):
        raise NamedError(named(it.node), f": its bound {tensor:.60} must be a constant number")
    return float(bound.item())


def _flattening(it: ChainNode) -> Iterable[Layer]:
    node, shape = it.node, it.view.shape(it.node.output[0])
    if shape is not None and len(shape) != 1 and prod(shape) != 0:
        raise NamedError(
            named(node), f" makes {list(shape)} of {it.entering.words} words: only flattening is supported"
        )
    return it.layers


def _requantise(name: str, sums: FeatureMap, formats: LayerFormats) -> Requantise:
    output = replace(sums, format=formats.output)
    return Requantise(f"{name}.requantise", sums, output, coarser=formats.coarser)


def _parameter(view: View, node: onnx.NodeProto, index: int) -> tuple[str, Array]:
    """Find the layer that a parameter belongs to, and the value behind dequantiser and transposition."""
    tensor = node.input[index]
    transposed = False
    while (value := view.constant(tensor)) is None:
        source = view.producer(tensor)
        if source is None or source.op_type not in ("DequantizeLinear", "Transpose", "Identity"):
            raise NamedError(named(node), f": its input {node.input[index]} must be a constant")
        transposed ^= source.op_type == "Transpose"
        tensor = source.input[0]
    name = owner_of(tensor) or plain_name(node)
    return name, value.T if transposed else value


def _accumulator(
    entering: FixedPoint, formats: LayerFormats, weight: Array, bias: Array | None
) -> FixedPoint:
    """Choose the format of the sums. It holds the largest sum of integer weights."""
    frac = entering.frac + formats.weight.frac
    if np.issubdtype(weight.dtype, np.integer):
        sums = np.abs(weight.astype(np.int64)).reshape(len(weight), -1).sum(axis=1) * entering.magnitude
        largest = int((sums + (0 if bias is None else np.abs(bias.astype(np.int64)))).max())
        return FixedPoint(max(1, largest.bit_length()) + 1, signed=True, frac=frac)
    products = ceil(log2(weight[0].size))
    return FixedPoint(min(30, entering.bits + formats.weight.bits + products), signed=True, frac=frac)


_OPERATORS: Mapping[str, Callable[[ChainNode], Iterable[Layer]]] = {
    "Conv": _convolution,
    "Gemm": _linear,
    "MatMul": _linear,
    "MaxPool": _pooling,
    "GlobalMaxPool": _global_pooling,
    "Relu": _relu,
    "Add": _bias,
    "BatchNormalization": _normalisation,
    "Flatten": _flattening,
    "Reshape": _flattening,
    "Clip": _clip,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    **dict.fromkeys(("Identity", "Dropout", "Cast", "QuantizeLinear", "DequantizeLinear"), _moving),
}
"""The function that turns each operator of ONNX into layers."""
