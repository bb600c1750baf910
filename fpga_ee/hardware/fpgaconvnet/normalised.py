"""A normalised copy of each stage: the ONNX form that fpgaConvNet's own parser reads rightly.

Its parser ignores auto_pad, dilations and ceil_mode, takes Gemm for transposed, counts MatMul and Add as two
layers, and merges tensors whose names differ in a trailing 0, ``:``, ``_`` or ``Y`` only. So the copy is
float, made of the hardware graph, with explicit kernel_shape, pads and strides, Gemm with transB = 1, and
names that end in none of these. For other tools of that family; our own estimate does not need it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.files.writing import replacing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Stage
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.window import Window

OPSET = 13
IR_VERSION = 8


def write_normalised(path: Path, stage: Stage) -> None:
    """Write a stage's backbone part and its exit as one chain.

    Requantisation is left out, since the parser's tools have none. Weights that are not known are zero.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    layers = stage.layers
    tensor, nodes, weights = "image", [], []
    for layer in layers:
        made = _nodes(layer, tensor)
        nodes += made[0]
        weights += made[1]
        tensor = nodes[-1].output[0] if nodes else tensor
    graph = helper.make_graph(
        nodes,
        "stage",
        [_described("image", layers[0].inputs[0])],
        [helper.make_tensor_value_info(tensor, TensorProto.FLOAT, [1, layers[-1].output.channels])],
        weights,
    )
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))


def _nodes(layer: Layer, entering: str) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    leaving = f"{layer.name}.out"
    match layer:
        case Convolution(window=window):
            shape = (layer.output.channels, layer.input.channels // layer.groups, *window.kernel)
            weights = _weights(layer, shape)
            inputs = [entering, *(weight.name for weight in weights)]
            attributes = {**_attributes(window), "dilations": [1, 1], "group": layer.groups}
            return [helper.make_node("Conv", inputs, [leaving], layer.name, **attributes)], weights
        case Linear():
            weights = _weights(layer, (layer.output.channels, layer.input.words))
            flat = f"{layer.name}.flat"
            inputs = [flat, *(weight.name for weight in weights)]
            return [
                helper.make_node("Flatten", [entering], [flat], flat),
                helper.make_node("Gemm", inputs, [leaving], layer.name, transB=1),
            ], weights
        case Pooling(window=window):
            return [
                helper.make_node("MaxPool", [entering], [leaving], name=layer.name, **_attributes(window))
            ], []
        case Relu():
            return [helper.make_node("Relu", [entering], [leaving], layer.name)], []
        case _:
            return [], []


def _attributes(window: Window) -> dict[str, Any]:
    return {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": list(window.padding),
    }


def _weights(layer: Convolution | Linear, shape: tuple[int, ...]) -> list[onnx.TensorProto]:
    weight = _values(layer.weight, shape, layer.weight_format.frac)
    found = [numpy_helper.from_array(weight, f"{layer.name}.weight")]
    if layer.bias_format is not None:
        bias = _values(layer.bias, (shape[0],), layer.bias_format.frac)
        found.append(numpy_helper.from_array(bias, f"{layer.name}.bias"))
    return found


def _values(values: NDArray[np.generic] | None, shape: tuple[int, ...], frac: int) -> NDArray[np.float32]:
    if values is None:
        return np.zeros(shape, dtype=np.float32)
    scale = 2.0**-frac if np.issubdtype(values.dtype, np.integer) else 1.0
    return (values.astype(np.float32) * np.float32(scale)).reshape(shape)


def _described(name: str, feature_map: FeatureMap) -> onnx.ValueInfoProto:
    shape = [1, feature_map.channels, feature_map.rows, feature_map.cols]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
