"""A chain of ONNX nodes to hardware layers; what hardware cannot do is refused by name.

The layer that multiplies is requantised at once, before the pooling and the ReLU that may follow it in the
file. This changes no bit, because rounding and saturating never reverse the order of two numbers and keep
zero: the largest of rounded words is the largest word, rounded. And words are narrower than sums.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil, inf, log2, prod

import numpy as np
import onnx

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.artifacts.onnx_files import named
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.readers.view import Array, View, attributes, plain_name

FormatsOf = Callable[[str], LayerFormats]
"""Formats around the layer of a name."""


def read_chain(
    view: View, nodes: Sequence[onnx.NodeProto], entering: FeatureMap, formats_of: FormatsOf
) -> tuple[tuple[Layer, ...], FeatureMap]:
    """Layers of a chain of nodes.

    Args:
        view: The graph that the nodes are in.
        nodes: The nodes, first to last.
        entering: What the first of them reads.
        formats_of: Formats around a layer by its name.

    Returns:
        The layers, and what the last of them gives.

    Raises:
        FpgaEeError: An operator or an attribute that the hardware does not have, by the node's name.
    """
    layers: list[Layer] = []
    current = entering
    for node, following in zip(nodes, (*nodes[1:], None), strict=False):
        match node.op_type:
            case "Conv":
                layers += _convolution(view, node, current, formats_of)
            case "Gemm" | "MatMul":
                layers += _linear(view, node, current, formats_of)
            case "MaxPool":
                layers.append(_pooling(node, current))
            case "Relu":
                layers.append(Relu(plain_name(node), current, current))
            case "Add":
                _add_bias(view, node, layers)
            case "BatchNormalization":
                _fold_normalisation(view, node, layers)
            case "Flatten" | "Reshape":
                _check_flatten(view, node, current)
            case "Clip" if following is not None and following.op_type == "QuantizeLinear":
                _check_clip(view, node, current.format)
            case _:
                _check_passed(node, following)
        current = layers[-1].output if layers else current
    return tuple(layers), current


def _check_passed(node: onnx.NodeProto, following: onnx.NodeProto | None) -> None:
    """Operators that move or re-encode words, and so add nothing where formats are known."""
    match node.op_type:
        case "Identity" | "Dropout" | "Cast" | "QuantizeLinear" | "DequantizeLinear":
            return
        case "Softmax" | "LogSoftmax" if following is None:
            return  # does not change which logit is largest; the exit rule has its own
    raise FpgaEeError(f"{named(node)} is not supported here: the hardware has no such operator")


def _convolution(
    view: View, node: onnx.NodeProto, entering: FeatureMap, formats_of: FormatsOf
) -> tuple[Layer, Layer]:
    name, weight = _parameter(view, node, 1)
    given = attributes(node)
    groups = given.get("group", 1)
    window = _window(node, given, tuple(weight.shape[2:]))
    rows, cols = window.output(entering.rows, entering.cols)
    if rows < 1 or cols < 1 or weight.shape[1] * groups != entering.channels:
        raise FpgaEeError(
            f"{named(node)}: weights {list(weight.shape)} in {groups} groups do not fit an input of "
            f"{entering.channels}x{entering.rows}x{entering.cols}"
        )
    formats = formats_of(name)
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
        weight,
        bias,
    )
    return layer, _requantise(name, sums, formats)


def _linear(
    view: View, node: onnx.NodeProto, entering: FeatureMap, formats_of: FormatsOf
) -> tuple[Layer, Layer]:
    name, weight = _parameter(view, node, 1)
    given = attributes(node)
    if given.get("transA", 0) or given.get("alpha", 1.0) != 1.0 or given.get("beta", 1.0) != 1.0:
        raise FpgaEeError(f"{named(node)}: transA, alpha and beta are not supported")
    if not given.get("transB", 0):
        weight = weight.T
    if weight.ndim != 2 or weight.shape[1] != entering.words:
        raise FpgaEeError(
            f"{named(node)}: weights {list(weight.shape)} do not fit an input of {entering.words} words"
        )
    formats = formats_of(name)
    bias = _parameter(view, node, 2)[1] if len(node.input) > 2 and node.input[2] else None
    sums = FeatureMap(weight.shape[0], 1, 1, _accumulator(entering.format, formats, weight, bias))
    bias_format = None if bias is None else formats.bias
    layer = Linear(name, entering, sums, formats.weight, bias_format, weight, bias)
    return layer, _requantise(name, sums, formats)


def _add_bias(view: View, node: onnx.NodeProto, layers: list[Layer]) -> None:
    """MatMul and Add are one linear layer with a bias."""
    layer = layers[-2] if layers and isinstance(layers[-1], Requantise) else None
    bias = next((found for name in node.input if (found := view.constant(name)) is not None), None)
    if not isinstance(layer, Linear) or layer.bias is not None or bias is None or bias.ndim != 1:
        raise FpgaEeError(f"{named(node)} is not the bias of a linear layer: additions are not supported")
    layers[-2] = replace(layer, bias=bias, bias_format=layer.output.format)


def _fold_normalisation(view: View, node: onnx.NodeProto, layers: list[Layer]) -> None:
    """A batch normalisation behind a layer scales its filters and moves its bias."""
    layer = layers[-2] if layers and isinstance(layers[-1], Requantise) else None
    constants = [view.constant(name) for name in node.input[1:5]]
    if (
        not isinstance(layer, Convolution | Linear)
        or layer.weight is None
        or any(constant is None for constant in constants)
        or not np.issubdtype(layer.weight.dtype, np.floating)
    ):
        raise FpgaEeError(f"{named(node)} can only be folded into a float layer before it: fold it at export")
    scale, shift, mean, variance = (np.asarray(constant) for constant in constants)
    factor = scale / np.sqrt(variance + attributes(node).get("epsilon", 1e-5))
    bias = np.zeros_like(mean) if layer.bias is None else layer.bias
    layers[-2] = replace(
        layer,
        weight=layer.weight * factor.reshape(-1, *[1] * (layer.weight.ndim - 1)),
        bias=(bias - mean) * factor + shift,
        bias_format=layer.bias_format or layer.output.format,
    )


def _pooling(node: onnx.NodeProto, entering: FeatureMap) -> Pooling:
    given = attributes(node)
    if given.get("ceil_mode", 0):
        raise FpgaEeError(
            f"{named(node)}: ceil_mode is not supported; let the convolution before it pad, as B_Lenet_fcn "
            "does where B_Lenet rounds up"
        )
    if given.get("storage_order", 0):
        raise FpgaEeError(f"{named(node)}: storage_order is not supported; export without it")
    window = _window(node, given, tuple(given["kernel_shape"]))
    rows, cols = window.output(entering.rows, entering.cols)
    if rows < 1 or cols < 1:
        raise FpgaEeError(f"{named(node)}: its window is larger than its input")
    leaving = replace(entering, rows=rows, cols=cols)
    return Pooling(plain_name(node), entering, leaving, window)


def _window(node: onnx.NodeProto, given: dict[str, Sequence[int]], kernel: tuple[int, ...]) -> Window:
    if len(kernel) != 2:
        raise FpgaEeError(f"{named(node)} has {len(kernel)} spatial dimensions: only 2 are supported")
    if given.get("auto_pad", "NOTSET") != "NOTSET":
        raise FpgaEeError(f"{named(node)}: auto_pad is not supported; give pads")
    if any(step != 1 for step in given.get("dilations", ())):
        raise FpgaEeError(f"{named(node)}: dilations {list(given['dilations'])} are not supported")
    top, left, bottom, right = given.get("pads", (0, 0, 0, 0))
    rows, cols = given.get("strides", (1, 1))
    return Window((kernel[0], kernel[1]), (rows, cols), (top, left, bottom, right))


def _check_clip(view: View, node: onnx.NodeProto, format_: FixedPoint) -> None:
    """Only the ends of a format narrower than the type that carries it: there it saturates anyway."""
    low, high = (
        unbounded if name == "" or (bound := view.constant(name)) is None else float(bound)
        for name, unbounded in zip((*node.input[1:], "", "")[:2], (-inf, inf), strict=True)
    )
    if low > format_.low * format_.scale or high < format_.high * format_.scale:
        raise FpgaEeError(
            f"{plain_name(node)} clips to {low:g} and {high:g}: the hardware flow has no clip but ReLU yet; "
            "take that in place of ReLU6 or hardtanh"
        )


def _check_flatten(view: View, node: onnx.NodeProto, entering: FeatureMap) -> None:
    shape = view.shape(node.output[0])
    if shape is not None and len(shape) != 1 and prod(shape) != 0:
        raise FpgaEeError(
            f"{named(node)} makes {list(shape)} of {entering.words} words: only flattening is supported"
        )


def _requantise(name: str, sums: FeatureMap, formats: LayerFormats) -> Requantise:
    return Requantise(f"{name}.requantise", sums, replace(sums, format=formats.output))


def _parameter(view: View, node: onnx.NodeProto, index: int) -> tuple[str, Array]:
    """Name of the layer that a parameter belongs to and its value, behind dequantiser and transposition."""
    tensor = node.input[index]
    transposed = False
    while (value := view.constant(tensor)) is None:
        source = view.producer(tensor)
        if source is None or source.op_type not in ("DequantizeLinear", "Transpose", "Identity"):
            raise FpgaEeError(f"{named(node)}: its input {node.input[index]} must be a constant")
        transposed ^= source.op_type == "Transpose"
        tensor = source.input[0]
    name = tensor.removesuffix(".weight") if tensor.endswith(".weight") else plain_name(node)
    return name, value.T if transposed else value


def _accumulator(
    entering: FixedPoint, formats: LayerFormats, weight: Array, bias: Array | None
) -> FixedPoint:
    """Format of the sums: wide enough for the largest that the weights can make, where they are integers."""
    frac = entering.frac + formats.weight.frac
    if np.issubdtype(weight.dtype, np.integer):
        sums = np.abs(weight.astype(np.int64)).reshape(len(weight), -1).sum(axis=1) * entering.magnitude
        largest = int((sums + (0 if bias is None else np.abs(bias.astype(np.int64)))).max())
        return FixedPoint(max(1, largest.bit_length()) + 1, signed=True, frac=frac)
    products = ceil(log2(weight[0].size))
    return FixedPoint(min(30, entering.bits + formats.weight.bits + products), signed=True, frac=frac)
