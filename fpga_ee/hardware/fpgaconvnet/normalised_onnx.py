"""A normalised copy of each stage, in an ONNX form that fpgaConvNet's own parser reads correctly.

The parser ignores auto_pad, dilations and ceil_mode. It takes every Gemm for transposed, counts MatMul and
Add as two layers, and merges tensors whose names differ only in a trailing 0, ``:``, ``_`` or ``Y``. So the
copy is float and is made from the hardware graph, with explicit kernel_shape, pads and strides, Gemm with
transB = 1, and names that end in none of these. It is for other tools of the fpgaConvNet family. Our estimate
does not need it.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from fpga_ee.files.writing import replacing
from fpga_ee.hardware.fpgaconvnet.layers import model_of
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Stage

OPSET = 13
IR_VERSION = 8


def write_normalised(path: Path, stage: Stage) -> None:
    """Write a stage's backbone part and its exit as one chain.

    Requantisation is left out, because the parser's tools have none. Unknown weights are zero.

    Raises:
        FpgaEeError: fpgaConvNet lacks a layer, or the file cannot be written.
    """
    layers = stage.layers
    tensor, nodes, weights = "image", [], []
    for layer in layers:
        made = model_of(layer).onnx(tensor)
        nodes += made.nodes
        weights += made.weights
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


def _described(name: str, feature_map: FeatureMap) -> onnx.ValueInfoProto:
    shape = [1, feature_map.channels, feature_map.rows, feature_map.cols]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
